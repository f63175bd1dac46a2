"""What stands in the way of a turn when much is stored: the statements of a turn, by size.

Conversations and remembered ids are written straight into the two files. `python -m
bench.growth 1000000` adds that size to the ordinary ones.
"""

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, time

from shared import wire
from shared.event import Event, event_id
from shared.messaging.embedded.bus import SqliteBus
from shared.messaging.embedded.messages import digest
from shared.ports.store import Create, Put
from shared.storage.sqlite import SqliteStore

SIZES = (1_000, 10_000, 100_000)
REPEATS = 200
WAITING = 0.1
"""Messages that wait in another queue, for each conversation."""

Growth = Mapping[str, Sequence[float]]
"""Median microseconds of each operation, by size in the order given."""


async def growth(folder: Path, sizes: Sequence[int] = SIZES) -> Growth:
    found: dict[str, list[float]] = {}
    for size in sizes:
        home = folder / f"growth-{size}"
        for name, microseconds in (await _measured(home, size)).items():
            found.setdefault(name, []).append(microseconds)
    return found


async def _measured(home: Path, size: int) -> dict[str, float]:
    """NORMAL, so that the disk's fsync, which does not grow, is not what is measured."""
    store, bus = SqliteStore(home / "store.db", "NORMAL"), SqliteBus(home / "bus.db", "NORMAL")
    await store.get("p", "k")
    await bus.receive("q")
    _fill_store(home / "store.db", size)
    _fill_bus(home / "bus.db", size)
    keys = [_key(n * 7919 % size) for n in range(REPEATS)]
    operations: dict[str, Callable[[int], Awaitable[object]]] = {
        "store: get the conversation": lambda n: store.get(keys[n], "conversation"),
        "store: find its outbox": lambda n: store.find(keys[n], "outbox:"),
        "store: find what is unfinished": lambda n: store.find(
            keys[n], "accepted:n", after="accepted:n000000001", limit=200
        ),
        "store: commit a turn": lambda n: store.write(keys[n], *_turn(n)),
        "store: sweep for late effects": lambda n: store.find(None, "outbox:", due_by=time()),
        "bus: send": lambda n: bus.send("q", _event(n)),
        "bus: receive and complete": lambda n: _receive(bus),
        "bus: look and find nothing": lambda n: bus.receive("empty"),
    }
    try:
        return {name: await _median(operation) for name, operation in operations.items()}
    finally:
        await store.close()
        await bus.close()


async def _median(operation: Callable[[int], Awaitable[object]]) -> float:
    times = []
    for n in range(REPEATS):
        started = perf_counter()
        await operation(n)
        times.append(perf_counter() - started)
    return median(times) * 1e6


async def _receive(bus: SqliteBus) -> None:
    await bus.complete(*await bus.receive("q"))


def _event(n: int) -> Event:
    return Event(id=event_id("new", str(n)), type="bench", conversation=_key(n))


def _turn(n: int) -> Iterator[Create | Put]:
    yield Create(f"seen:new{n}", _SAID, ttl=86_400)
    yield Put("conversation", _CONVERSATION)
    yield Create(f"outbox:{n:012d}", _SAID, due=time() + 20)


_SAID = {"at": 1.0, "skill": "echo", "text": "how do I get a new badge?" * 4, "replies": ["x" * 99]}
_NOTE = {"skill": "echo", "at": 1.0, "origin": event_id("1")}
_CONVERSATION = {"reference": {"bot": "echo", "channel": "teams"}, "state": {"echo": {"x": 1}}}


def _key(n: int) -> str:
    return f"echo.teams.{event_id(str(n))}"


def _fill_store(path: Path, size: int) -> None:
    """One turn of each conversation, finished."""
    expires = time() + 86_400

    def rows() -> Iterator[tuple[str, str, float | None, str]]:
        for key in sorted(map(_key, range(size))):
            yield key, "accepted:n000000001", expires, wire.dumps(_NOTE)
            yield key, "conversation", None, wire.dumps(_CONVERSATION)
            yield key, "seen:1", expires, wire.dumps(_SAID)

    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO item (partition, id, expires, body, etag) VALUES (?, ?, ?, ?, '1')", rows()
        )
    database.close()


def _fill_bus(path: Path, size: int) -> None:
    """The id of one message of each conversation, and a queue in which some wait."""
    expires, waiting = time() + 86_400, range(int(size * WAITING))
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO seen (digest, expires) VALUES (?, ?)",
            ((one, expires) for one in sorted(digest("q", str(n)) for n in range(size))),
        )
        database.executemany(
            "INSERT INTO message (seq, queue, session, id, enqueued_at, properties, body)"
            " VALUES (?, 'busy', ?, ?, 0, '', '{}')",
            ((n + 1, str(n), str(n)) for n in waiting),
        )
        database.executemany(
            "INSERT INTO ready (queue, seq, count) VALUES ('busy', ?, 0)",
            ((n + 1,) for n in waiting),
        )
    database.close()


def main() -> None:
    sizes = [*SIZES, *map(int, sys.argv[1:])]
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(growth(Path(folder), sizes))
    print(f"{'microseconds by conversations stored':40}", *(f"{size:>11,}" for size in sizes))
    for name, row in found.items():
        print(f"{name:40}", *(f"{one:11.0f}" for one in row))


if __name__ == "__main__":
    main()
