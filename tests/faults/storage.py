"""A storage account that a test may break: Azurite behind a proxy for each service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stand_ins.azurite import process as azurite
from tests.contract import storage
from tests.contract.storage import clear_blobs, clear_queues
from tests.faults.proxy import Proxy, proxy


@dataclass
class Account:
    server: azurite.Azurite
    blob: Proxy
    queue: Proxy

    def connection(self, key: str = azurite.KEY) -> str:
        """Through the proxies."""
        return azurite.connection(port(self.blob), port(self.queue), key)


def port(between: Proxy) -> int:
    return int(between.address.rpartition(":")[2])


def drop(between: Proxy) -> None:
    """Break every connection; new ones are welcome."""
    between.cut()
    between.restore()


@asynccontextmanager
async def account() -> AsyncIterator[Account]:
    """The run's Azurite; afterwards it is empty and runs again."""
    server = storage.azurite()
    try:
        async with (
            proxy("127.0.0.1", server.ports["blob"]) as blob,
            proxy("127.0.0.1", server.ports["queue"]) as queue,
        ):
            yield Account(server, blob, queue)
    finally:
        if not server.running:
            server.start()
        clear_queues(server.connection)
        clear_blobs(server.connection)


@asynccontextmanager
async def throttled(seconds: int) -> AsyncIterator[str]:
    """The connection string of an account that answers every request 503, try again later."""
    from aiohttp import web

    async def busy(request: web.Request) -> web.Response:
        headers = {"Retry-After": str(seconds), "x-ms-error-code": "ServerBusy"}
        return web.Response(status=503, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", busy)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield azurite.connection(port, port)
    finally:
        await runner.cleanup()
