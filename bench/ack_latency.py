"""How long a channel waits for the ack, message by message, beside a handler that does nothing."""

import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import peers
from bench.connector import Connector, percentile
from bench.machine import fsync_seconds
from bench.process import BotProcess
from bench.product import HOST, product


@dataclass(frozen=True)
class AckLatency:
    """Seconds of every sample: `host` with the turn running after the ack, `door` without
    triggers, `bare` the handler that answers 200, `fsync` one 4 KiB append to the same disk."""

    host: Sequence[float]
    door: Sequence[float]
    bare: Sequence[float]
    fsync: Sequence[float]

    @property
    def allowed(self) -> float:
        """Three times the bare handler's p99 and one fsync's."""
        return 3 * percentile(self.bare, 99) + percentile(self.fsync, 99)


async def ack_latency(folder: Path, count: int = 200, rounds: int = 5) -> AckLatency:
    """Each side in turn; a message is posted when the one before is answered."""
    async with AsyncExitStack() as stack:
        connector = await stack.enter_async_context(Connector())
        host = await stack.enter_async_context(product(folder, connector, *HOST, name="ack-host"))
        door = await stack.enter_async_context(
            product(folder, connector, *HOST, "--no-triggers", name="ack-door")
        )
        script = str(peers.HERE / "echo_nothing.py")
        bare = await stack.enter_async_context(
            BotProcess([sys.executable, script], folder / "ack-bare.log")
        )
        sides: list[tuple[str, bool, list[float]]] = [
            (f"{host.url}/api/teams/echo", True, []),
            (f"{door.url}/api/teams/echo", False, []),
            (bare.url, False, []),
        ]
        fsync: list[float] = []
        for url, replies, _ in sides:
            await connector.converse(url, 50, 1, replies=replies)
        for _ in range(rounds):
            for url, replies, samples in sides:
                samples.extend(await connector.converse(url, count, 1, replies=replies))
            fsync += fsync_seconds(folder, count)
        (_, _, of_host), (_, _, of_door), (_, _, of_bare) = sides
        return AckLatency(of_host, of_door, of_bare, fsync)
