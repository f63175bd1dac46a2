"""CPU of a whole turn: a signed Teams message is taken in, echoed to a stub connector, settled."""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import peers
from bench.connector import Connector
from bench.process import BotProcess
from bench.product import HOST, product

WARM_UP = 100
IN_PROCESS, LOCAL_HOST, BARE = "Bot Fabric, in process", "Bot Fabric, local host", "bare aiohttp"

Measure = Callable[[int, int], Awaitable[tuple[float, float]]]


@dataclass
class Side:
    """`cpu` and `clock`: milliseconds a message, one list of rounds for each concurrency."""

    measure: Measure
    cpu: dict[int, list[float]] = field(default_factory=dict)
    clock: dict[int, list[float]] = field(default_factory=dict)

    async def round(self, count: int, concurrency: int) -> None:
        cpu, clock = await self.measure(count, concurrency)
        self.cpu.setdefault(concurrency, []).append(cpu / count * 1000)
        self.clock.setdefault(concurrency, []).append(clock / count * 1000)

    def cpu_ms(self, concurrency: int) -> float:
        return median(self.cpu[concurrency])

    def clock_ms(self, concurrency: int) -> float:
        return median(self.clock[concurrency])


async def echo_turns(
    folder: Path,
    counts: Mapping[int, int],
    *,
    rounds: int = 3,
    peer_names: Sequence[str] = (),
) -> dict[str, Side]:
    """Every side in turn, `rounds` times; `counts` are messages by concurrency."""
    async with AsyncExitStack() as stack:
        connector = await stack.enter_async_context(Connector())
        inside = await stack.enter_async_context(
            product(folder, connector, "bench.in_process", name="in-process")
        )
        host = await stack.enter_async_context(product(folder, connector, *HOST, name="host"))
        script = str(peers.HERE / "echo_nothing.py")
        bare = await stack.enter_async_context(
            BotProcess([sys.executable, script], folder / "bare.log")
        )
        sides = {
            IN_PROCESS: Side(_inside(connector, inside)),
            LOCAL_HOST: Side(_over_http(connector, host, "/api/teams/echo")),
            BARE: Side(_over_http(connector, bare, "/", replies=False)),
        }
        for name in peer_names:
            peer = await stack.enter_async_context(
                peers.start(name, connector, folder / f"{name}.log")
            )
            sides[peers.TITLES[name]] = Side(_over_http(connector, peer, "/api/messages"))
        for side in sides.values():
            await side.measure(WARM_UP, 4)
        for _ in range(rounds):
            for concurrency, count in counts.items():
                for side in sides.values():
                    await side.round(count, concurrency)
        return sides


def _over_http(
    connector: Connector, bot: BotProcess, path: str, *, replies: bool = True
) -> Measure:
    async def measure(count: int, concurrency: int) -> tuple[float, float]:
        before, cpu = connector.replies, await bot.quiet()
        started = perf_counter()
        await connector.converse(bot.url + path, count, concurrency, replies=replies)
        seconds = perf_counter() - started
        used = await bot.quiet() - cpu
        _check(connector.replies - before, count if replies else 0)
        return used, seconds

    return measure


def _inside(connector: Connector, bot: BotProcess) -> Measure:
    async def measure(count: int, concurrency: int) -> tuple[float, float]:
        before = connector.replies
        bodies = [body + b"\n" for _, body in connector.messages(count)]
        header = f"{connector.token} {count} {concurrency}\n".encode()
        cpu, seconds = (await bot.ask(header + b"".join(bodies))).split()
        _check(connector.replies - before, count)
        return float(cpu), float(seconds)

    return measure


def _check(replies: int, expected: int) -> None:
    if replies != expected:
        raise RuntimeError(f"{replies} replies to {expected} messages")
