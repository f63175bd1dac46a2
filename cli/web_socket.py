"""Direct Line's WebSocket on this machine: what Web Chat opens unless a page says otherwise."""

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlencode

from aiohttp import WSCloseCode, web

from cli.bell import Bell
from shared.activity import Activity
from shared.channels.directline.channel import DirectLineChannel
from shared.errors import Rejected
from shared.ports.channel import Request

LOOK_AGAIN_SECONDS = 1.0
"""How soon a socket sees what another process wrote; what this one writes it hears at once."""

HEARTBEAT_SECONDS = 20.0

_PATH = re.compile(r"/api/v3/directline/conversations/([A-Za-z0-9_-]{1,64})/stream/?")


class WebSockets:
    """The streams of the web channel; `url` is for its answers, `answer` for the host."""

    def __init__(self, channel: DirectLineChannel) -> None:
        self._channel = channel
        self._open: set[web.WebSocketResponse] = set()
        self._bell = Bell()
        if channel.streams is None:
            channel.streams = self

    async def said(self, conversation: str, activity: Activity, number: int) -> None:
        """Wake those who listen; each reads on from where it is."""
        self._bell.ring(conversation)

    async def url(self, request: Request, conversation: str, secret: str, watermark: str) -> str:
        """This host's own address, under the name by which the page knows it."""
        host = request.headers.get("host", "127.0.0.1")
        query = urlencode({"watermark": watermark, "t": secret} if watermark else {"t": secret})
        return f"ws://{host}/api/v3/directline/conversations/{conversation}/stream?{query}"

    async def answer(
        self, request: web.BaseRequest, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> web.StreamResponse | None:
        """Serve a stream until somebody leaves; None for any other path."""
        path = _PATH.fullmatch(request.rel_url.raw_path)
        if path is None or headers.get("upgrade", "").lower() != "websocket":
            return None
        asked = Request(
            method="GET",
            path={"conversation": path[1]},
            query=query,
            headers={**headers, "authorization": f"Bearer {query.get('t', '')}"},
            body=b"",
        )
        try:
            await self._channel.access.authorize(asked)
        except Rejected as refusal:
            return web.Response(status=refusal.status)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await socket.prepare(request)
        self._open.add(socket)
        told = asyncio.create_task(self._tell(socket, asked, path[1]))
        try:
            async for _ in socket:
                pass  # a client says nothing here; it posts
        finally:
            self._open.discard(socket)
            told.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await told
        return socket

    async def close(self) -> None:
        """End every stream, so that nobody waits for the host's grace."""
        for socket in list(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def _tell(self, socket: web.WebSocketResponse, asked: Request, conversation: str) -> None:
        """Send each activity once, in order, until the token is good no more."""
        after = asked.query.get("watermark", "")
        while not socket.closed:
            query = {**asked.query, "watermark": after}
            request = Request(asked.method, asked.path, query, asked.headers, asked.body)
            try:
                news = await self._channel.poll(request)
            except Rejected:
                await socket.close(code=WSCloseCode.POLICY_VIOLATION)
                return
            after = news["watermark"]
            if news["activities"]:
                await socket.send_str(json.dumps(news))
            else:
                await self._bell.wait(conversation, LOOK_AGAIN_SECONDS)
