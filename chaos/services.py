"""The services that the product talks to in a drill: a Bot Connector and a model, both unreliable.

What people received is noted here, whatever the product believes.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from random import Random
from typing import Self

from aiohttp import web

from chaos.receiver import Receiver
from chaos.verdict import WAITING_TEXT, WORKING_TEXT


@dataclass
class Services:
    """Entered with `async with`. Rates are shares of the requests, from 0 to 1."""

    rng: Random
    throttled: float = 0.0
    lost: float = 0.0
    receiver: Receiver = field(default_factory=Receiver)
    refused: int = 0
    swallowed: int = 0
    requests: int = 0
    url: str = ""
    _down: dict[str, float] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._serve, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()

    def take_down(self, name: str, seconds: float) -> None:
        """`channel` or `model` answers 503 for so long."""
        self._down[name] = time.monotonic() + seconds

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        name = "model" if request.path == "/model" else "channel"
        self.requests += 1
        if self._down.get(name, 0.0) > time.monotonic():
            return web.Response(status=503)
        if self.rng.random() < self.throttled:
            self.refused += 1
            return web.Response(status=429, headers={"Retry-After": "1"})
        if name == "model":
            return web.Response()
        return self._take(request, json.loads(await request.read()))

    def _take(self, request: web.BaseRequest, activity: dict[str, str]) -> web.StreamResponse:
        """Note a message; sometimes say nothing about it, as when a connection breaks."""
        if activity["type"] != "message":
            return web.json_response({}, status=201)
        conversation = request.path.split("/")[3]
        effect = f"{activity.get('replyToId')} {activity['text']}"
        id = self.receiver.take(conversation, effect, activity["text"])
        if self.rng.random() < self.lost:
            self.swallowed += 1
            if request.transport is not None:
                request.transport.abort()
        return web.json_response({"id": id}, status=201)

    @property
    def different(self) -> int:
        """How many different messages people have received, those about waiting included."""
        return self.receiver.count - self.receiver.repeated

    async def until(self, count: int) -> None:
        """Wait until people have received so many different messages."""
        while self.different < count:
            await asyncio.sleep(0.1)

    async def heard(self, conversation: str, count: int) -> None:
        """Wait until one conversation has brought so many, those about waiting left out."""
        about_waiting = (WAITING_TEXT, WORKING_TEXT)
        while len([t for t in self.receiver.heard(conversation) if t not in about_waiting]) < count:
            await asyncio.sleep(0.1)
