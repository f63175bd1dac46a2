"""Graph over HTTP for libraries, and the token that an app of its own asks for.

Bytes come from another address, which wants no token. Delta pages are small, so that they are
followed.

Sources: learn.microsoft.com, "driveItem: delta", "Download driveItem content", "JSON batching".
"""

import secrets
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import web

from stand_ins.server import Settings
from stand_ins.sharepoint.drive import Drive
from stand_ins.web import Site

CLIENT_ID = "5a5a5a5a-0000-4000-8000-000000000003"
CLIENT_SECRET = "library-secret"
PAGE = 3
MOST_IN_A_BATCH = 20


@dataclass
class SharePointServer:
    """`drives` by id. `status` is answered to everything instead, when it is set."""

    port: int = 0
    drives: dict[str, Drive] = field(default_factory=dict)
    status: int = 0
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._site = Site(self.port)
        self._tokens = set[str]()
        self._downloads = dict[str, bytes]()

    @property
    def address(self) -> str:
        return self._site.url

    @property
    def settings(self) -> Settings:
        """What `botfabric knowledge sync` is given."""
        return {
            "FABRIC_GRAPH_URL": f"{self._site.url}/v1.0",
            "FABRIC_TEAMS_TOKEN_URL": f"{self._site.url}/{{tenant}}/oauth2/v2.0/token",
        }

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._guard])
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._token)
        app.router.add_get("/v1.0/drives/{drive}/root/delta", self._delta)
        app.router.add_get("/v1.0/drives/{drive}/items/{item}/content", self._content)
        app.router.add_post("/v1.0/$batch", self._batch)
        app.router.add_get("/download/{ticket}", self._download)
        await self._site.open(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._site.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.asked.append(f"{request.method} {request.path}")
        if self.status:
            return web.json_response({"error": {}}, status=self.status)
        if request.path.startswith("/v1.0/") and token not in self._tokens:
            return web.json_response({"error": {"code": "InvalidAuthenticationToken"}}, status=401)
        response: web.StreamResponse = await handler(request)
        return response

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        if form.get("scope") != f"{self._site.url}/.default":
            return web.json_response({"error": "invalid_scope"}, status=400)
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": 3600})

    async def _delta(self, request: web.Request) -> web.Response:
        drive = self.drives.get(request.match_info["drive"])
        if drive is None:
            return _error("itemNotFound", 404)
        token = request.query.get("token")
        since = None if token is None else int(token)
        if since is not None and since < drive.first:
            return _error("resyncRequired", 410)
        skip, until = int(request.query.get("skip", 0)), len(drive.changes)
        told = drive.since(since)
        base = f"{self._site.url}{request.path}"
        more = f"&token={since}" if since is not None else ""
        link = (
            {"@odata.nextLink": f"{base}?skip={skip + PAGE}{more}"}
            if skip + PAGE < len(told)
            else {"@odata.deltaLink": f"{base}?token={until}"}
        )
        return web.json_response({"value": told[skip : skip + PAGE], **link})

    async def _content(self, request: web.Request) -> web.Response:
        drive = self.drives.get(request.match_info["drive"], Drive())
        item = drive.items.get(request.match_info["item"])
        if item is None or item.body is None:
            return _error("itemNotFound", 404)
        ticket = secrets.token_urlsafe(16)
        self._downloads[ticket] = item.body
        port = urlsplit(self._site.url).port
        raise web.HTTPFound(f"http://localhost:{port}/download/{ticket}")

    async def _download(self, request: web.Request) -> web.Response:
        if "authorization" in request.headers:
            return _error("unauthenticated", 401)
        body = self._downloads.pop(request.match_info["ticket"], None)
        return _error("itemNotFound", 404) if body is None else web.Response(body=body)

    async def _batch(self, request: web.Request) -> web.Response:
        asked = (await request.json())["requests"]
        if len(asked) > MOST_IN_A_BATCH:
            return _error("BadRequest", 400)
        answers = [{"id": one["id"], **self._permissions(one["url"])} for one in asked]
        return web.json_response({"responses": answers[::-1]})

    def _permissions(self, url: str) -> dict[str, Any]:
        _, _, drive, _, item, what = url.split("/")
        known = self.drives.get(drive)
        if known is None or item not in known.items or what != "permissions":
            return {"status": 404, "body": {"error": {"code": "itemNotFound"}}}
        return {"status": 200, "body": {"value": list(known.permissions(item))}}


def _error(code: str, status: int) -> web.Response:
    return web.json_response({"error": {"code": code}}, status=status)
