"""What the embedded store does beyond the port's promises."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from shared.ports.store import Create, Put, every
from shared.storage import sqlite
from shared.storage.sqlite import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "store.db")
    yield store
    await store.close()


def rows(folder: Path) -> int:
    connection = sqlite3.connect(folder / "store.db")
    [count] = connection.execute("SELECT count(*) FROM item").fetchone()
    connection.close()
    return int(count)


async def test_what_has_expired_is_removed_in_portions(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PURGE_SECONDS", 0.0)
    monkeypatch.setattr(sqlite, "PURGE_ITEMS", 10)
    await store.write("p", *(Create(f"k:{n}", {}, ttl=0) for n in range(25)), Create("stays", {}))
    left = [rows(tmp_path)]

    while left[-1] > 1:
        await store.write("p", Put("stays", {}))
        left.append(rows(tmp_path))

    assert all(before - after <= 10 for before, after in pairwise(left))


@pytest.mark.parametrize(
    "name",
    [
        *("_GET", "_FIND", "_FIND_DUE", "_FIND_ALL_DUE"),
        *("_REPLACE", "_DELETE", "_DELETE_IF", "_PURGE"),
    ],
)
async def test_no_statement_reads_a_whole_table(store: SqliteStore, name: str) -> None:
    sql = getattr(sqlite, name)
    parameters = (None,) * (7 if "?7" in sql else sql.count("?"))
    plan = await store._database.read(f"EXPLAIN QUERY PLAN {sql}", parameters)

    assert plan
    assert not [step for *_, step in plan if step.startswith("SCAN")]


def test_event_loops_may_follow_each_other(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "store.db"))
    asyncio.run(store.write("p", Create("k", {"n": 1})))
    item = asyncio.run(store.get("p", "k"))
    asyncio.run(store.close())

    assert item is not None
    assert item.body == {"n": 1}


async def test_what_has_expired_goes_while_nobody_writes(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PURGE_ITEMS", 10)
    await store.write("p", *(Create(f"k:{n}", {}, ttl=0) for n in range(35)), Create("stays", {}))
    async with asyncio.timeout(20):
        while rows(tmp_path) > 1:  # noqa: ASYNC110 -- the file is looked at from outside
            await asyncio.sleep(0.05)


async def test_a_search_of_everything_lets_others_go_on(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more is done in one go than one slice, however much is stored."""
    monkeypatch.setattr(sqlite, "SLICE", 5)
    for n in range(40):
        await store.write(
            f"p{n:02d}", Create("dead:1", {}), *(Create(f"k:{m}", {}) for m in range(20))
        )
    await store.write("p99", *(Create(f"dead:{n:02d}", {}) for n in range(30)))
    between = 0

    async def others() -> None:
        nonlocal between
        while True:
            await asyncio.sleep(0)
            between += 1

    task = asyncio.create_task(others())
    found = [item.place async for item in every(store, "dead:")]
    task.cancel()

    assert found == [
        *(f"p{n:02d}\ndead:1" for n in range(40)),
        *(f"p99\ndead:{n:02d}" for n in range(30)),
    ]
    assert between >= 40 / 5 + 30 / 5
