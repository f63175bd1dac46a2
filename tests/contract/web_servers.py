"""Servers of this process that sources are read from: a container of blobs, a help centre."""

import hashlib
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote
from xml.sax.saxutils import escape

from aiohttp import web

from stand_ins.web import Site

DATE = "Sun, 29 Nov 2026 09:00:00 GMT"
PAGE = 2


@dataclass
class BlobServer:
    """Two operations of Blob Storage: List Blobs, in small pages, and Get Blob.

    Source: learn.microsoft.com/rest/api/storageservices.
    """

    blobs: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)
    status: int = 0
    asked: list[str] = field(default_factory=list)

    def put(self, name: str, body: bytes, metadata: dict[str, str]) -> None:
        self.blobs[name] = (body, metadata)

    @property
    def url(self) -> str:
        return self._site.url

    async def __aenter__(self) -> Self:
        self._site = Site()
        app = web.Application()
        app.router.add_get("/{account}/{container}", self._list)
        app.router.add_get("/{account}/{container}/{blob:.+}", self._get)
        await self._site.open(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._site.close()

    async def _list(self, request: web.Request) -> web.Response:
        if self.status:
            return web.Response(status=self.status, headers={"x-ms-error-code": "ServerBusy"})
        prefix = request.query["prefix"]
        names = [name for name in sorted(self.blobs) if name.startswith(prefix)]
        start = int(request.query.get("marker") or 0)
        rows = "".join(map(self._row, names[start : start + PAGE]))
        marker = str(start + PAGE) if start + PAGE < len(names) else ""
        return web.Response(
            text=f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults>'
            f"<Prefix>{escape(prefix)}</Prefix><Blobs>{rows}</Blobs>"
            f"<NextMarker>{marker}</NextMarker></EnumerationResults>",
            content_type="application/xml",
        )

    def _row(self, name: str) -> str:
        body, metadata = self.blobs[name]
        said = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in metadata.items())
        return (
            f"<Blob><Name>{escape(name)}</Name><Properties><Etag>{self._tag(name)}</Etag>"
            f"<Content-Length>{len(body)}</Content-Length><BlobType>BlockBlob</BlobType>"
            f"</Properties><Metadata>{said}</Metadata></Blob>"
        )

    def _tag(self, name: str) -> str:
        return f'"0x{hashlib.sha256(self.blobs[name][0]).hexdigest()[:15].upper()}"'

    async def _get(self, request: web.Request) -> web.Response:
        name = request.match_info["blob"]
        self.asked.append(name)
        if name not in self.blobs:
            return web.Response(status=404, headers={"x-ms-error-code": "BlobNotFound"})
        body, tag = self.blobs[name][0], self._tag(name)
        if request.headers.get("if-none-match") == tag:
            return web.Response(status=304, headers={"x-ms-error-code": "ConditionNotMet"})
        whole = f"bytes 0-{len(body) - 1}/{len(body)}"
        headers = {"etag": tag, "content-range": whole, "x-ms-blob-type": "BlockBlob"}
        return web.Response(status=206, body=body, headers=headers)


@dataclass
class HelpCentre:
    """Pages by name, listed by a sitemap of sitemaps. `robots` is the file, None for none.

    A page has an entity tag, and a date where `has_tags` is false.
    """

    pages: dict[str, str] = field(default_factory=dict)
    robots: str | None = None
    foreign: list[str] = field(default_factory=list)
    has_tags: bool = True
    status: int = 0
    asked: list[str] = field(default_factory=list)
    unchanged: int = 0

    def put(self, name: str, text: str) -> None:
        self.pages[name] = f"<html><head><title>Help</title></head><body><main>{text}</main></body>"

    @property
    def url(self) -> str:
        return self._site.url

    async def __aenter__(self) -> Self:
        self._site = Site()
        app = web.Application()
        app.router.add_get("/{name:.*}", self._answer)
        await self._site.open(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._site.close()

    async def _answer(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.asked.append(name)
        if self.status:
            return web.Response(status=self.status)
        if name == "robots.txt":
            found = self.robots
            return web.Response(status=404) if found is None else web.Response(text=found)
        if name == "sitemap.xml":
            rows = f"<sitemap><loc>{self.url}/pages.xml</loc></sitemap>"
            return _xml(f"<sitemapindex>{rows}</sitemapindex>")
        if name == "pages.xml":
            places = [f"{self.url}/{quote(page)}" for page in self.pages] + self.foreign
            rows = "".join(f"<url><loc>{escape(place)}</loc></url>" for place in places)
            return _xml(
                f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'
            )
        return self._page(request, name)

    def _page(self, request: web.Request, name: str) -> web.Response:
        if name not in self.pages:
            return web.Response(status=404)
        text = self.pages[name]
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:12]}"'
        headers = {"etag": tag} if self.has_tags else {"last-modified": DATE}
        known = request.headers.get("if-none-match") == tag
        dated = request.headers.get("if-modified-since") == DATE
        if known if self.has_tags else dated:
            self.unchanged += 1
            return web.Response(status=304, headers=headers)
        return web.Response(text=text, content_type="text/html", headers=headers)


def _xml(text: str) -> web.Response:
    return web.Response(text=f'<?xml version="1.0"?>{text}', content_type="application/xml")
