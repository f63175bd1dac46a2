"""Echo turns a second of the whole pipeline: one door, four trigger processes, one data folder.

A round lasts from the first message at the door to the last reply at the stub connector. The
door and the connector are processes of their own and do as little as they can; all six share
the cores of the machine.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.arrivals import LOCAL_BOT
from bench.process import BotProcess
from bench.product import environ

TRIGGERS = 4
TRIGGER = ("cli", "run", "--no-http", "--no-reload")
PATIENCE = 300.0
"""Seconds after which a round that is not done has lost something."""


@dataclass(frozen=True)
class Throughput:
    """Messages of a round, seconds of each round, CPU milliseconds a message by process."""

    count: int
    seconds: Sequence[float]
    cpu_ms: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Turns a second, of the median round."""
        return self.count / median(self.seconds)


async def throughput(folder: Path, count: int = 5000, rounds: int = 3) -> Throughput:
    home = folder / "throughput"
    home.mkdir()
    async with AsyncExitStack() as stack:

        async def start(name: str, *module: str) -> BotProcess:
            command = [sys.executable, "-m", *module]
            bot = BotProcess(command, home / f"{name}.log", environ(home, LOCAL_BOT))
            return await stack.enter_async_context(bot)

        connector = await start("connector", "bench.stub_connector")
        door = await start("door", "bench.enqueue")
        triggers = [await start(f"trigger-{n}", *TRIGGER) for n in range(TRIGGERS)]
        processes = {"door": [door], "triggers": triggers, "connector": [connector]}

        async def turns(messages: int) -> float:
            before, started = await _replies(connector), perf_counter()
            accepting = asyncio.create_task(door.ask(f"{messages} {connector.url}\n".encode()))
            while (missing := before + messages - await _replies(connector)) > 0:
                if perf_counter() - started > PATIENCE:
                    raise RuntimeError(f"{missing} of {messages} replies are missing")
                await asyncio.sleep(0.02)
            seconds = perf_counter() - started
            await accepting
            return seconds

        await turns(500)
        before = {name: _cpu(group) for name, group in processes.items()}
        seconds = [await turns(count) for _ in range(rounds)]
        used = {name: _cpu(group) - before[name] for name, group in processes.items()}
        cpu_ms = {name: cpu / count / rounds * 1000 for name, cpu in used.items()}
        return Throughput(count, seconds, cpu_ms)


async def _replies(connector: BotProcess) -> int:
    return int(await connector.ask(b"\n"))


def _cpu(group: Sequence[BotProcess]) -> float:
    return sum(process.cpu() for process in group)
