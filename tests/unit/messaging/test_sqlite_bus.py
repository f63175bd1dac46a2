"""What the embedded bus does beyond the port's promises."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.event import Event
from shared.messaging.embedded import bus as sqlite
from shared.messaging.embedded import messages, news
from shared.messaging.embedded.bus import SqliteBus
from shared.messaging.embedded.owner import Owner


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[SqliteBus]:
    bus = SqliteBus(tmp_path / "bus.db")
    yield bus
    await bus.close()


def event(id: str, session: str = "") -> Event:
    return Event(id=id, type="test", conversation=session)


def owners(folder: Path) -> list[Path]:
    return list(folder.glob("*-owner-*"))


async def test_counts_tell_what_is_where(bus: SqliteBus) -> None:
    assert await bus.counts() == {}
    await bus.send("a", event("1", "c"), event("2", "c"), event("3"), event("4"))
    await bus.send("b", event("1"), delay=60)
    one, *_ = await bus.receive("a", 2)
    await bus.abandon(one, delay=60)

    assert await bus.counts() == {
        "a": {"active": 3, "locked": 1, "scheduled": 0},
        "b": {"active": 0, "locked": 0, "scheduled": 1},
    }


async def test_a_dead_letter_that_died_again_is_kept(bus: SqliteBus) -> None:
    await bus.send("q", event("1"))
    for queue in ("q", "dead-letters", messages.DEAD_FOR_GOOD):
        [delivery] = await bus.receive(queue)
        await bus.dead_letter(delivery, "reason")

    assert list(await bus.counts()) == [messages.DEAD_FOR_GOOD]


async def test_ids_are_forgotten_after_their_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "FORGET_SECONDS", 0.0)
    bus = SqliteBus(tmp_path / "bus.db", duplicate_window=0)
    for n in range(20):
        await bus.send("q", event(str(n)))
    await bus.close()

    connection = sqlite3.connect(tmp_path / "bus.db")
    [(seen,)] = connection.execute("SELECT count(*) FROM seen")
    connection.close()
    assert seen <= 1


@pytest.mark.parametrize(
    "name",
    [
        *("READY_QUEUES", "DUE_QUEUES", "OUTLOOK"),
        *("_SEEN", "_WALK", "_FORGET", "_ENQUEUE", "_ENQUEUED", "_SCHEDULE", "_DUE"),
        *("_READY", "_LOCK", "_LOCKED", "_LAPSED", "_HOLD", "_LET_GO"),
        *("_DELAY", "_NEXT", "_MAKE_READY", "_REMOVE"),
    ],
)
async def test_no_statement_reads_a_table_of_what_waits(bus: SqliteBus, name: str) -> None:
    sql = getattr(messages, name)
    plan = await bus._database.read(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))

    tables = ("message", "new", "ready", "delayed", "scheduled", "seen")
    assert not [step for *_, step in plan if step.startswith(tuple(f"SCAN {t}" for t in tables))]


@pytest.mark.parametrize("action", ["send", "complete", "abandon", "dead_letter"])
async def test_within_a_process_no_poll_is_needed(
    bus: SqliteBus, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setattr(news, "POLL_SECONDS", 60)
    await bus.send("q", event("1", "c"), event("2", "c"))
    [delivery] = await bus.receive("q")
    await bus.changed(0.1)
    waiting = asyncio.create_task(bus.changed(60))
    await asyncio.sleep(0)

    match action:
        case "send":
            await bus.send("q", event("3"))
        case "complete":
            await bus.complete(delivery)
        case "abandon":
            await bus.abandon(delivery)
        case "dead_letter":
            await bus.dead_letter(delivery, "reason")

    await asyncio.wait_for(waiting, 10)


async def test_a_closed_bus_leaves_no_owner_behind(bus: SqliteBus, tmp_path: Path) -> None:
    await bus.send("q", event("1"))
    await bus.receive("q")
    assert owners(tmp_path)

    await bus.close()

    assert not owners(tmp_path)


def test_event_loops_may_follow_each_other(tmp_path: Path) -> None:
    bus = SqliteBus(str(tmp_path / "bus.db"))

    async def one_turn(id: str) -> str:
        waiting = asyncio.create_task(bus.changed(10))
        await bus.send("q", event(id))
        await waiting
        [delivery] = await bus.receive("q")
        await bus.complete(delivery)
        return delivery.id

    assert [asyncio.run(one_turn(str(n))) for n in range(3)] == ["0", "1", "2"]
    asyncio.run(bus.close())


def test_an_owner_lives_until_it_is_released(tmp_path: Path) -> None:
    one, other = Owner(tmp_path / "bus.db"), Owner(tmp_path / "bus.db")
    one.claim()
    name = one.name

    assert other.alive(name)
    one.release()
    assert not other.alive(name)


def test_the_file_of_a_dead_owner_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "bus.db-owner-1-dead"
    left.touch()

    assert not Owner(tmp_path / "bus.db").alive("1-dead")
    assert not left.exists()
