"""The embedded bus against a queue written by hand on the same SQLite: send, receive, complete."""

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, time

from shared.event import Event
from shared.messaging.embedded.bus import SqliteBus

BATCH = 32


@dataclass(frozen=True)
class Rates:
    """Messages a second: of the bus, of a queue by hand, of one that remembers ids as well."""

    bus: float
    by_hand: float
    remembering: float


async def bus_rates(folder: Path, batches: int = 100, rounds: int = 5) -> Mapping[str, Rates]:
    """By synchronous mode."""
    rates = {}
    for mode in ("FULL", "NORMAL"):
        bus = SqliteBus(str(folder / f"bus-{mode}.db"), mode)
        least = HandWritten(folder / f"hand-{mode}.db", mode)
        remembering = HandWritten(folder / f"remembering-{mode}.db", mode, remember=True)
        found = []
        for _ in range(rounds):
            mine = await _run_bus(bus, batches)
            found.append((mine, _run_queue(least, batches), _run_queue(remembering, batches)))
        await bus.close()
        least.close()
        remembering.close()
        rates[mode] = Rates(*map(median, zip(*found, strict=True)))
    return rates


def _events() -> list[Event]:
    """A batch of commands of a message's usual size, each of another conversation."""
    text = {"activity": {"type": "message", "text": "how do I get a new badge?" * 30}}
    return [
        Event(id=uuid.uuid4().hex, type="bench", data=text, conversation=f"c{n}")
        for n in range(BATCH)
    ]


async def _run_bus(bus: SqliteBus, batches: int) -> float:
    work = [_events() for _ in range(batches)]
    started = perf_counter()
    for events in work:
        await bus.send("bench", *events)
        deliveries = await bus.receive("bench", BATCH)
        if len(deliveries) != BATCH:
            raise RuntimeError(f"{len(deliveries)} of {BATCH} messages came")
        await bus.complete(*deliveries)
    return batches * BATCH / (perf_counter() - started)


def _run_queue(queue: "HandWritten", batches: int) -> float:
    work = [_events() for _ in range(batches)]
    started = perf_counter()
    for events in work:
        queue.send([(event.id, event.to_json()) for event in events])
        queue.complete([number for number, _ in queue.receive(BATCH)])
    return batches * BATCH / (perf_counter() - started)


class HandWritten:
    """The least that is a queue: ids once, a lock that lapses, a transaction a batch.

    No sessions, schedule, dead letters or second process; called without an event loop. An id
    counts as a copy while its message is there, or for ever with `remember`.
    """

    def __init__(self, path: Path, synchronous: str, *, remember: bool = False) -> None:
        self._remember = remember
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript(
            f"""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = {synchronous};
            CREATE TABLE message (
                number INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT, visible REAL
            );
            CREATE INDEX message_visible ON message (visible, number);
            CREATE TABLE seen (id TEXT PRIMARY KEY, expires REAL) WITHOUT ROWID;
            """
        )

    def send(self, messages: Sequence[tuple[str, str]]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        if self._remember:
            self._database.executemany(
                "INSERT OR IGNORE INTO seen VALUES (?, ?)",
                [(id, time() + 60) for id, _ in messages],
            )
        self._database.executemany(
            "INSERT OR IGNORE INTO message (id, body, visible) VALUES (?, ?, 0)", messages
        )
        self._database.execute("COMMIT")

    def receive(self, limit: int) -> list[tuple[int, str]]:
        now = time()
        self._database.execute("BEGIN IMMEDIATE")
        rows: list[tuple[int, str]] = self._database.execute(
            "SELECT number, body FROM message WHERE visible <= ? ORDER BY number LIMIT ?",
            (now, limit),
        ).fetchall()
        locked = [(now + 30, number) for number, _ in rows]
        self._database.executemany("UPDATE message SET visible = ? WHERE number = ?", locked)
        self._database.execute("COMMIT")
        return rows

    def complete(self, numbers: Sequence[int]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(
            "DELETE FROM message WHERE number = ?", [(number,) for number in numbers]
        )
        self._database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()
