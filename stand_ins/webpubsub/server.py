"""Web PubSub as simple clients and a REST caller see it: one hub, an access key, no persistence."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any, Self

import jwt
from aiohttp import ClientError, ClientSession, web

from stand_ins.server import Settings
from stand_ins.web import Site

KEY = "d2ViLXB1YnN1Yi1rZXktb2YtdGhlLXRlc3RzLXRoYXQtaXMtbG9uZw=="
HUB = "fabric"
CONNECTED = "azure.webpubsub.sys.connected"


@dataclass(frozen=True)
class Connection:
    """A client's socket, and the groups that its token let it into."""

    socket: web.WebSocketResponse
    groups: frozenset[str]


class WebPubSubServer:
    """`handler` is the URL that is told of connections; `sent` what was sent, to whom."""

    def __init__(self, handler: str = "", port: int = 0, *, key: str = KEY) -> None:
        self.handler = handler
        self.key = key
        self.sent: list[tuple[str, Any]] = []
        self.down = False
        self._site = Site(port)
        self._connections: dict[str, Connection] = {}

    @property
    def url(self) -> str:
        return self._site.url

    @property
    def address(self) -> str:
        return self._site.url

    @property
    def settings(self) -> Settings:
        return {
            "FABRIC_STREAM_URL": f"webpubsub://{self._site.address}/{HUB}",
            "FABRIC_STREAM_KEY": self.key,
        }

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/client/hubs/{hub}", self._connect)
        app.router.add_post("/api/hubs/{hub}/groups/{group}/:send", self._to_group)
        app.router.add_post("/api/hubs/{hub}/connections/{connection}/:send", self._to_one)
        await self._site.open(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in list(self._connections.values()):
            await connection.socket.close()
        await self._site.close()

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        claims = self._claims(request.query.get("access_token", ""), request.path)
        if claims is None:
            return web.Response(status=401)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        id = token_urlsafe(12)
        self._connections[id] = Connection(socket, frozenset(claims.get("webpubsub.group", ())))
        told = asyncio.create_task(self._tell(id, str(claims.get("sub", ""))))
        try:
            async for _ in socket:
                pass  # without an event handler for messages, what a simple client says is dropped
        finally:
            del self._connections[id]
            told.cancel()
        return socket

    async def _tell(self, connection: str, user: str) -> None:
        """Call the event handler, as the service does after a connection is made."""
        if not self.handler:
            return
        digest = hmac.new(self.key.encode(), connection.encode(), hashlib.sha256).hexdigest()
        headers = {
            "ce-specversion": "1.0",
            "ce-type": CONNECTED,
            "ce-source": f"/hubs/{HUB}/client/{connection}",
            "ce-id": "1",
            "ce-hub": HUB,
            "ce-event": "connected",
            "ce-connectionId": connection,
            "ce-userId": user,
            "ce-signature": f"sha256={digest}",
        }
        with suppress(ClientError):
            async with ClientSession() as http, http.post(self.handler, json={}, headers=headers):
                pass

    async def _to_group(self, request: web.Request) -> web.Response:
        group = request.match_info["group"]
        members = [c.socket for c in self._connections.values() if group in c.groups]
        return await self._send(request, group, members)

    async def _to_one(self, request: web.Request) -> web.Response:
        id = request.match_info["connection"]
        one = self._connections.get(id)
        if one is None and not self.down:
            return web.Response(status=404)
        return await self._send(request, id, [one.socket] if one else [])

    async def _send(
        self, request: web.Request, whom: str, sockets: list[web.WebSocketResponse]
    ) -> web.Response:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.down:
            return web.Response(status=503)
        if self._claims(bearer, request.path) is None or "api-version" not in request.query:
            return web.Response(status=401)
        said = await request.text()
        self.sent.append((whom, json.loads(said)))
        for socket in sockets:
            await socket.send_str(said)
        return web.Response(status=202)

    def _claims(self, token: str, path: str) -> Mapping[str, Any] | None:
        """The claims of a token that this key has signed for this address."""
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token, self.key, algorithms=["HS256"], audience=self.url + path
            )
        except jwt.InvalidTokenError:
            return None
        return claims
