"""An account of Cosmos DB on a port."""

from typing import Self

from aiohttp import web

from stand_ins.cosmos.account import Account, Options
from stand_ins.cosmos.container import MAX_ITEM_BYTES
from stand_ins.server import Settings
from stand_ins.web import Site

ANY_KEY = "bWFkZS11cA=="
DATABASE = "fabric"


class CosmosServer:
    """`account` counts what is asked of it."""

    def __init__(self, port: int = 0, options: Options | None = None) -> None:
        self._options = options or Options()
        self._site = Site(port)
        self.account = Account(self._options)

    @property
    def address(self) -> str:
        return self._site.address

    @property
    def settings(self) -> Settings:
        return {
            "FABRIC_STORE_URL": f"cosmos://{self.address}/{DATABASE}",
            "FABRIC_COSMOS_KEY": self._options.key or ANY_KEY,
        }

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=8 * MAX_ITEM_BYTES)
        app.router.add_route("*", "/{path:.*}", self.account.handle)
        await self._site.open(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._site.close()
