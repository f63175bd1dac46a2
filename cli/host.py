"""The local host: the app's functions, running in one process without Core Tools.

It imitates the Functions host and is not it: no keys are asked for and nothing scales.
"""

import asyncio
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from cli.function import QUEUES, TIMER, Function
from cli.host_json import HostJson
from cli.queues import Queues
from cli.timers import Singleton, Timers
from shared.fabric import Fabric
from shared.ports.bus import PeekLockBus

if TYPE_CHECKING:
    from cli.http_host import HttpHost

GRACE_SECONDS = 10
"""What running functions have to finish in after the first signal."""


class Host:
    """HTTP, queues and timers of one app, or a part of them."""

    def __init__(self, functions: Sequence[Function], limits: HostJson, fabric: Fabric) -> None:
        self._functions = functions
        self._limits = limits
        self._fabric = fabric
        self._http: HttpHost | None = None
        self._queues: Queues | None = None
        self._timers: Timers | None = None

    async def start_http(self, port: int) -> int:
        """Listen on 127.0.0.1; the port, which 0 leaves to the system."""
        from cli.http_host import HttpHost
        from cli.page import Page
        from cli.web_socket import WebSockets

        page = Page(self._fabric.bots, self._fabric.skills)
        sockets = WebSockets(self._fabric.web)
        self._http = HttpHost(self._functions, self._limits, page, sockets)
        return await self._http.start(port)

    def start_triggers(self) -> None:
        """Receive from the queues and keep the timers' schedules."""
        lease = Singleton(self._fabric.settings.data_dir / "timers.lock")
        self._timers = Timers([f for f in self._functions if f.type == TIMER], lease)
        self._timers.start()
        waiting = [f for f in self._functions if f.type in QUEUES]
        bus = cast("PeekLockBus", self._fabric.bus)  # every bus there is can receive as well
        self._queues = Queues(bus, waiting, self._limits)
        self._queues.start()

    @property
    def idle(self) -> bool:
        """Whether no queue function runs, or would, as far as this process knows."""
        return self._queues is None or self._queues.idle

    async def stop(self) -> None:
        """Accept nothing more, let what runs finish within the grace, close the fabric."""
        parts = (self._http, self._queues, self._timers)
        await asyncio.gather(*(part.stop(GRACE_SECONDS) for part in parts if part))
        await self._fabric.close()


def stop_signal() -> asyncio.Event:
    """An event that the first SIGINT or SIGTERM sets; the next one ends the process at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def first() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in signals:
        loop.add_signal_handler(number, first)
    return stop
