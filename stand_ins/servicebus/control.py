"""The control port: what a test or a person asks of the broker by HTTP.

`GET /stats`, `POST /pause`, `POST /resume`, `POST /drop`.
"""

from typing import Self

from aiohttp import web

from stand_ins.servicebus.server import ServiceBusServer
from stand_ins.web import Site


class ControlledServiceBus:
    """A broker with its control port. Each order is in effect when it is answered."""

    def __init__(self, server: ServiceBusServer, port: int) -> None:
        self._server = server
        self._site = Site(port)

    @property
    def address(self) -> str:
        return self._server.address

    @property
    def settings(self) -> dict[str, str]:
        return dict(self._server.settings)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/stats", self._stats)
        app.router.add_post("/{order:pause|resume|drop}", self._order)
        await self._site.open(app)
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.__aexit__()
        await self._site.close()

    async def _stats(self, request: web.Request) -> web.Response:
        return web.json_response(self._server.stats())

    async def _order(self, request: web.Request) -> web.Response:
        match request.match_info["order"]:
            case "pause":
                self._server.pause()
            case "resume":
                await self._server.resume()
            case "drop":
                self._server.drop()
        return web.json_response(self._server.stats())
