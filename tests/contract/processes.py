"""Other processes on the same backend: `python -m tests.contract.processes COMMAND ...`.

A process prints one line when it is ready, waits for a line, does its work, and prints the
result.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from shared.errors import Conflict
from shared.event import Event
from shared.ports.bus import Delivery, PeekLockBus
from shared.ports.store import Put, Store
from tests.contract.targets import BUSES, STORES

ROOT = Path(__file__).parents[2]


@dataclass
class Processes:
    """A group of processes that run the same command."""

    group: list[asyncio.subprocess.Process]

    @classmethod
    async def start(cls, count: int, *command: object) -> Self:
        """Start them, and return when all are ready."""
        line = [sys.executable, "-m", "tests.contract.processes", *map(str, command)]
        pipe = asyncio.subprocess.PIPE
        made = [
            await asyncio.create_subprocess_exec(*line, cwd=ROOT, stdin=pipe, stdout=pipe)
            for _ in range(count)
        ]
        group = cls(made)
        assert await group.lines() == ["ready"] * count
        return group

    async def go(self) -> None:
        for process in self.group:
            assert process.stdin
            process.stdin.write(b"go\n")

    async def lines(self) -> list[str]:
        """The next line of each."""
        async with asyncio.timeout(60):
            return [
                (await process.stdout.readline()).decode().strip()
                for process in self.group
                if process.stdout
            ]

    async def run(self) -> list[str]:
        """Let all work at once; the result of each."""
        await self.go()
        return await self.lines()

    async def stop(self) -> None:
        """kill -9 what still runs."""
        for process in self.group:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def received(bus: PeekLockBus, queue: str, limit: int = 1) -> list[Delivery]:
    """What `queue` has, as soon as it has something."""
    async with asyncio.timeout(60):
        while not (found := await bus.receive(queue, limit)):
            await bus.changed(5)
    return found


async def increment(store: Store, times: str) -> str:
    """Add 1 to `counter` so many times; the number of conflicts on the way."""
    conflicts = 0
    for _ in range(int(times)):
        while True:
            item = await store.get("p", "counter")
            assert item
            try:
                number = item.body["number"] + 1
                await store.write("p", Put("counter", {"number": number}, etag=item.etag))
                break
            except Conflict:
                conflicts += 1
    return str(conflicts)


async def replace(store: Store, etag: str) -> str:
    """Replace `contested` if it still has the etag: `won` or `lost`."""
    try:
        await store.write("p", Put("contested", {"by": os.getpid()}, etag=etag))
    except Conflict:
        return "lost"
    return "won"


async def hold(bus: PeekLockBus) -> str:
    """Take a message and keep its lock until the process is killed."""
    [delivery] = await received(bus, "skill-q")
    print(delivery.id, flush=True)
    await asyncio.Event().wait()
    return ""


async def consume(bus: PeekLockBus, total: str) -> str:
    """Take and complete until `total` messages are done by all; sessions must be ours alone.

    Each session is a file that exists only while somebody works on it, and a log of what was
    done. Returns how many this process did.
    """
    folder, done = Path(os.environ["SESSIONS"]), 0

    async def work(delivery: Delivery) -> None:
        held = folder / f"{delivery.session}.held"
        held.touch(exist_ok=False)
        await asyncio.sleep(0)
        with (folder / f"{delivery.session}.log").open("a") as log:
            log.write(f"{delivery.id}\n")
        held.unlink()
        await bus.complete(delivery)

    def finished() -> int:
        return sum(len(log.read_text().split()) for log in folder.glob("*.log"))

    while finished() < int(total):
        deliveries = await bus.receive("skill-q", 3)
        await asyncio.gather(*map(work, deliveries))
        done += len(deliveries)
        if not deliveries:
            await bus.changed(0.1)
    return str(done)


async def send(bus: PeekLockBus, id: str) -> str:
    await bus.send("skill-q", Event(id=id, type="test"))
    return "sent"


async def _main(command: str, backend: str, folder: str, *arguments: str) -> None:
    async def ready() -> None:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)

    if command in ("increment", "replace"):
        store = STORES[backend].open(Path(folder))
        await store.get("p", "anything")
        await ready()
        print(await {"increment": increment, "replace": replace}[command](store, *arguments))
        await store.close()
    else:
        bus = BUSES[backend].open(Path(folder))
        await bus.receive("nothing")
        await ready()
        work = {"hold": hold, "consume": consume, "send": send}[command]
        print(await work(bus, *arguments))  # type: ignore[operator]
        await bus.close()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
