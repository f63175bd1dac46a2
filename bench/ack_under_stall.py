"""How long webhooks wait for their ack while every turn hangs in its model call."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from bench.connector import Connector
from bench.product import product

HANGING = 64
"""Conversations whose turns hang, or wait for one that does, before anything is measured."""

AT_ONCE, PAUSE = 4, 0.1
"""Webhooks come so many at once, then so many seconds nothing."""


async def ack_under_stall(folder: Path, stall: float = 30) -> Sequence[float]:
    """Seconds until each ack of those that came within `stall` seconds of the first."""
    command = ("bench.stalling_host", "run", "--port", "0", "--no-reload")
    async with (
        Connector() as connector,
        product(folder, connector, *command, name="stall", STALL=str(stall)) as host,
    ):
        url, latencies = f"{host.url}/api/teams/echo", []
        await connector.converse(url, HANGING, 8, replies=False)
        started = perf_counter()
        while perf_counter() - started < stall - 1:
            latencies += await connector.converse(url, AT_ONCE, AT_ONCE, replies=False)
            await asyncio.sleep(PAUSE)
        if connector.replies:
            raise RuntimeError("a turn was answered: nothing hung")
        host.kill()  # what hangs would be waited for
        return latencies
