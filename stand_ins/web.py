"""A place to serve HTTP on loopback, which can be left and taken again."""

from aiohttp import web

from stand_ins.server import HOST


class Site:
    """`open()` listens for one application, `close()` stops; it opens again on the same port."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._runner: web.BaseRunner | None = None

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    async def open(self, app: web.Application | web.Server, *, grace: float = 0.1) -> None:
        """Listen; `grace` is how many seconds an open request has when it closes."""
        runner: web.BaseRunner
        if isinstance(app, web.Application):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=grace)
        else:
            runner = web.ServerRunner(app, shutdown_timeout=grace)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, self.port, reuse_address=True).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner, self.port = runner, int(runner.addresses[0][1])

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


class Served:
    """What serves at one site, and where that is."""

    _site: Site

    @property
    def url(self) -> str:
        return self._site.url

    @property
    def address(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        return self._site.address


def cut(request: web.BaseRequest) -> web.Response:
    """Cut the connection of a request. Return an answer, which nobody gets, for aiohttp."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
