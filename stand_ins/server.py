"""The one shape of a stand-in, and how it runs as a program."""

import asyncio
import signal
from collections.abc import Mapping
from typing import Protocol, Self

HOST = "127.0.0.1"

Settings = Mapping[str, str]
"""Names and values of the environment."""


class Server(Protocol):
    """A service on this machine: `async with` starts it, and stops it on leaving.

    What it keeps is in memory, unless its page says otherwise: a restart starts empty.
    """

    @property
    def address(self) -> str:
        """Where it listens, as `python -m` says it after `ready`: host and port, or a URL."""

    @property
    def settings(self) -> Settings:
        """What the app is given so that it uses this server. Known once it listens."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...


async def run(server: Server) -> None:
    """Serve until SIGTERM or SIGINT. Print `ready ADDRESS` once it listens."""
    stop = stop_signal()
    async with server:
        print("ready", server.address, flush=True)
        await stop.wait()


def stop_signal() -> asyncio.Event:
    """Return an event that is set when this process is asked to end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
