"""Pages of a help centre, as its sitemap lists them and its robots.txt allows.

A page is asked for only if it has changed, by its entity tag or its date.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from urllib.parse import unquote, urlsplit
from urllib.robotparser import RobotFileParser

from shared.errors import Unavailable
from shared.knowledge.documents.read import SUFFIXES
from shared.media.fetch import Fetched, Fetcher
from shared.media.place import Place
from shared.media.unread import Unread
from shared.ports.documents import Content, Listed, Unreadable
from shared.sources.sitemap import NoSitemap, Sitemap, robots_of, sitemap_of

AGENT = "BotFabric"
MAX_PAGES = 20_000
MAX_SITEMAPS = 100
MOST_DELAY_SECONDS = 10.0
"""Of a `Crawl-delay` that is kept to between two pages."""

REDIRECTS = 3


class Website:
    """`hosts` are the hosts of pages, the sitemap's own where none is said."""

    def __init__(
        self,
        sitemap: str,
        fetcher: Fetcher,
        *,
        hosts: frozenset[str] = frozenset(),
        under: str = "",
        local: bool = False,
    ) -> None:
        self._sitemap = sitemap
        self._fetcher = fetcher
        self._hosts = hosts or frozenset({urlsplit(sitemap).hostname or ""})
        self._under = under
        self._local = local
        self._robots: dict[str, RobotFileParser] = {}

    async def listed(self) -> AsyncIterator[Listed]:
        sitemaps, seen, count = [self._sitemap], set[str](), 0
        while sitemaps:
            address = sitemaps.pop(0)
            if address in seen:
                continue
            seen.add(address)
            found = await self._read_sitemap(address)
            sitemaps += found.sitemaps
            if len(seen) + len(sitemaps) > MAX_SITEMAPS:
                raise Unavailable(f"over {MAX_SITEMAPS} sitemaps; name the one that is meant")
            for page in found.pages:
                if page in seen or self._under not in urlsplit(page).path:
                    continue
                seen.add(page)
                count += 1
                if count > MAX_PAGES:
                    raise Unavailable(f"over {MAX_PAGES:,} pages; take a part of them with under")
                yield await self._page(page)

    async def _read_sitemap(self, address: str) -> Sitemap:
        try:
            fetched = await self._fetched(address)
            return sitemap_of(fetched.body if fetched else b"")
        except Unread as error:
            raise Unavailable(f"sitemap {address}: {error.detail}") from None
        except NoSitemap as error:
            raise Unavailable(f"sitemap {address} {error}") from None

    async def _page(self, page: str) -> Listed:
        parts = urlsplit(page)
        listed = Listed(_name(page), handle=page, url=page if parts.scheme == "https" else "")
        here = self._local and parts.scheme == "http"
        if parts.hostname not in self._hosts and not here:
            return _without(listed, f"stands on {parts.hostname}; add it to hosts")
        robots = await self._robots_of(f"{parts.scheme}://{parts.netloc}")
        if not robots.can_fetch(AGENT, page):
            return _without(listed, "robots.txt does not allow it")
        return listed

    async def _robots_of(self, origin: str) -> RobotFileParser:
        """What a host allows: everything where it has no such file, nothing while it is away."""
        if origin not in self._robots:
            try:
                fetched = await self._fetched(f"{origin}/robots.txt")
                body = fetched.body if fetched else b""
            except Unread as error:
                if not 400 <= error.status < 500:
                    raise Unavailable(f"{origin}/robots.txt: {error.detail}") from None
                body = b""
            self._robots[origin] = robots_of(body)
        return self._robots[origin]

    async def content(self, listed: Listed, kept: str = "") -> Content | None:
        conditions = dict[str, str]()
        with suppress(ValueError, AttributeError):
            conditions = {str(k): str(v) for k, v in json.loads(kept or "{}").items()}
        await self._wait(listed.handle)
        try:
            fetched = await self._fetched(listed.handle, conditions)
        except Unread as error:
            raise Unreadable(error.detail) from None
        if fetched is None:
            return None
        newer = {
            "if-none-match": fetched.headers.get("etag"),
            "if-modified-since": fetched.headers.get("last-modified"),
        }
        said = {name: value for name, value in newer.items() if value}
        return Content(fetched.body, json.dumps(said) if said else "")

    async def _wait(self, page: str) -> None:
        parts = urlsplit(page)
        robots = await self._robots_of(f"{parts.scheme}://{parts.netloc}")
        if delay := robots.crawl_delay(AGENT):
            await asyncio.sleep(min(float(delay), MOST_DELAY_SECONDS))

    async def _fetched(
        self, address: str, conditions: Mapping[str, str] | None = None
    ) -> Fetched | None:
        place = Place(
            address,
            self._hosts,
            headers={"user-agent": AGENT, **(conditions or {})},
            redirects=REDIRECTS,
            loopback=self._local,
        )
        return await self._fetcher.fetch_changed(place)

    async def close(self) -> None:
        pass


def _name(page: str) -> str:
    """The path of a page, with its query, and an ending that tells its kind."""
    parts = urlsplit(page)
    path = unquote(parts.path).strip("/") or "index"
    kind = f".{path.rpartition('.')[2].lower()}"
    if parts.query or kind not in SUFFIXES:
        return f"{path}{'-' if parts.query else ''}{unquote(parts.query)}.html"
    return path


def _without(listed: Listed, reason: str) -> Listed:
    return Listed(listed.name, handle=listed.handle, left_out=reason)
