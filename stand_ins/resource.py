"""What the resources of Azure's AI services have in common: a key, and faults on request.

`PUT /_stand_in/fault {"kind": "status", "status": 429, "count": 2}` has the next two requests go
wrong so, `DELETE /_stand_in/fault` forgets it.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any, Self, get_args

from aiohttp import web

from stand_ins.openai.faults import NO_FAULT, Fault, Kind
from stand_ins.server import run
from stand_ins.web import Served, Site, cut

KEY = "resource-key"
KEY_HEADER = "Ocp-Apim-Subscription-Key"
MAX_REQUEST_BYTES = 2**26
_CONTROL = "/_stand_in/fault"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ResourceServer(Served):
    """A service with routes of its own; `asked` are the paths that were asked for, in order."""

    def __init__(self, port: int = 0, *, key: str = KEY) -> None:
        self.key = key
        self.asked: list[str] = []
        self._site = Site(port)
        self._faults: list[Fault] = []
        self._ended = asyncio.Event()

    def routes(self, router: web.UrlDispatcher) -> None:
        raise NotImplementedError

    def fail(self, fault: Fault, count: int = 1) -> None:
        """The next requests go wrong so."""
        self._faults += [fault] * count

    def mend(self) -> None:
        self._faults.clear()

    async def __aenter__(self) -> Self:
        @web.middleware
        async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._around(request, handler)

        app = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=[around])
        app.router.add_put(_CONTROL, self._put_fault)
        app.router.add_delete(_CONTROL, self._delete_fault)
        self.routes(app.router)
        await self._site.open(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended.set()
        await self._site.close()

    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == _CONTROL:
            return await handler(request)
        self.asked.append(f"{request.method} {request.path}")
        bearer = request.headers.get("Authorization", "").startswith("Bearer ")
        if not bearer and request.headers.get(KEY_HEADER) != self.key:
            return Fault(status=401, code="401").response()
        fault = self._faults.pop(0) if self._faults else NO_FAULT
        match fault.kind:
            case "status":
                return fault.response()
            case "hang":
                await self._ended.wait()
                return cut(request)
            case "drop":
                return cut(request)
            case "lost":
                await handler(request)
                return cut(request)
            case "garbage":
                return web.Response(text="<html>", content_type="text/html")
        return await handler(request)

    async def _put_fault(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        count = body.pop("count", 1)
        known = {each.name for each in fields(Fault)}
        if body.get("kind", "status") not in get_args(Kind) or not body.keys() <= known:
            return web.json_response({"kind": get_args(Kind), "keys": sorted(known)}, status=400)
        self.fail(Fault(**body), count)
        return web.json_response({})

    async def _delete_fault(self, request: web.Request) -> web.Response:
        self.mend()
        return web.json_response({})


def main(make: Callable[..., ResourceServer], name: str, description: str) -> None:
    """Run one as a program."""
    parser = argparse.ArgumentParser(prog=f"python -m stand_ins.{name}", description=description)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--key", default=KEY, help=f"the key it asks for ({KEY})")
    given = parser.parse_args()
    server: Any = make(given.port, key=given.key)
    asyncio.run(run(server))
