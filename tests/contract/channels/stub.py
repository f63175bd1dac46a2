"""An HTTP service on a free loopback port that answers as told and remembers what it heard."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web


@dataclass(frozen=True)
class Answer:
    """`body` is sent as JSON; None as `raw`, which is empty."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""


@dataclass(frozen=True)
class Call:
    """A request as it came; `path` is what stood on the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class StubService:
    """`routes` answer by path for ever, `answers` once each for any other path, then `default`."""

    def __init__(self, default: Answer) -> None:
        self.default = default
        self.routes: dict[str, Answer] = {}
        self.answers: deque[Answer] = deque()
        self.calls: list[Call] = []
        self._heard_one = asyncio.Condition()
        self.host = ""

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def heard(self, path: str) -> list[Call]:
        """The calls so far whose path starts with `path`."""
        return [call for call in self.calls if call.path.startswith(path)]

    async def until_heard(self, path: str, times: int) -> None:
        """Return when so many calls whose path starts with `path` have come."""
        async with asyncio.timeout(5), self._heard_one:
            await self._heard_one.wait_for(lambda: len(self.heard(path)) >= times)

    async def __aenter__(self) -> Self:
        server = web.Server(self._answer)
        self._runner = web.ServerRunner(server)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.host = f"{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        path = request.raw_path
        call = Call(request.method, path, dict(request.headers), await request.read())
        async with self._heard_one:
            self.calls.append(call)
            self._heard_one.notify_all()
        if path in self.routes:
            answer = self.routes[path]
        else:
            answer = self.answers.popleft() if self.answers else self.default
        body = answer.raw if answer.body is None else json.dumps(answer.body).encode()
        return web.Response(status=answer.status, body=body, headers=answer.headers)
