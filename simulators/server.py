"""A simulated service's HTTP side: its routes on a loopback port, and a switch at `/_control`."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

from aiohttp import web

from simulators.faults import Faults

CONTROL = "/_control"
MAX_BODY_BYTES = 8 * 1_048_576

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """`GET /_control` tells what `report` says, `POST` sets faults (`Faults.control`)."""

    def __init__(
        self,
        routes: Sequence[tuple[str, str, Handler]],
        faults: Faults,
        report: Callable[[], dict[str, Any]],
        *,
        port: int = 0,
    ) -> None:
        self._faults = faults
        self._report = report
        self._port = port
        self._app = web.Application(client_max_size=MAX_BODY_BYTES)
        self._app.router.add_get(CONTROL, self._tell)
        self._app.router.add_post(CONTROL, self._switch)
        for method, path, handler in routes:
            self._app.router.add_route(method, path, handler)
        self.host = ""

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024).start()
        except OSError:
            await self._runner.cleanup()
            raise
        host, port = self._runner.addresses[0][:2]
        self.host = f"{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _tell(self, request: web.Request) -> web.Response:
        return web.json_response(self._report())

    async def _switch(self, request: web.Request) -> web.Response:
        try:
            self._faults.control(dict(await request.json()))
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(self._report())


async def json_body(request: web.Request) -> dict[str, Any] | None:
    """The body when it is one JSON object, else None."""
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
