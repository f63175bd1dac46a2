"""What operators do is on record, in a chain that shows what is missing from it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import time

import pytest

from shared.errors import PermanentError, Unavailable
from shared.governance import audit
from shared.governance.audit import Operator
from shared.operations.deeds import record
from shared.operations.deeds import switches as kill_switch
from shared.operations.reports import switches as switch_report
from shared.ports.store import Delete, Put
from shared.skill import Skill
from shared.storage import sqlite
from shared.storage.sqlite import SqliteStore
from tests.lab import Lab

ANN = Operator("ann", "cli")


@pytest.fixture
def fabric(lab: Callable[..., Lab]) -> Lab:
    return lab(Skill("echo", "Echoes"))


async def test_a_deed_is_told_with_who_what_when_and_outcome(fabric: Lab) -> None:
    await kill_switch.switch(fabric, ANN, "stop", "bot", "lab")

    [deed] = await audit.deeds(fabric.store)

    assert (deed["who"], deed["via"], deed["action"]) == ("ann", "cli", "stop")
    assert (deed["target"], deed["outcome"]) == ({"bot": "lab"}, "done")
    assert deed["at"].startswith("20")


async def test_entries_of_many_operators_at_once_are_one_chain(fabric: Lab) -> None:
    deeds = [audit.record(fabric.store, ANN, "stop", {"bot": str(n)}, "done") for n in range(12)]
    numbers = await asyncio.gather(*deeds)

    assert sorted(numbers) == list(range(1, 13))
    assert len([entry async for entry in audit.entries(fabric.store)]) == 12
    assert await audit.broken(fabric.store) == ""


async def test_a_deed_that_failed_says_why(fabric: Lab) -> None:
    async def fails() -> None:
        raise PermanentError("broken")

    with pytest.raises(PermanentError):
        await record.on_record(fabric, ANN, "redrive", {"letter": "1"}, fails)

    [deed] = await audit.deeds(fabric.store)
    assert deed["outcome"] == "failed: broken"


async def test_what_a_crash_cut_off_is_on_record_as_begun(fabric: Lab) -> None:
    async def crash() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await record.on_record(fabric, ANN, "redrive", {"letter": "1"}, crash)

    [deed] = await audit.deeds(fabric.store)
    assert deed["outcome"] == "begun"


async def test_what_cannot_be_recorded_is_not_done(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = fabric.store.write

    async def no_audit(partition: str, *ops: Put) -> None:
        if partition == audit.PARTITION:
            raise Unavailable("store")
        await write(partition, *ops)

    monkeypatch.setattr(fabric.store, "write", no_audit)
    with pytest.raises(Unavailable):
        await kill_switch.switch(fabric, ANN, "stop", "bot", "lab")

    assert await switch_report.stopped(fabric) == []


async def test_a_changed_a_missing_and_a_cut_off_entry_are_seen(fabric: Lab) -> None:
    store = fabric.store
    for n in range(4):
        await audit.record(store, ANN, "stop", {"bot": str(n)}, "done")
    second = await store.get(audit.PARTITION, "audit:000000000002")
    last = await store.get(audit.PARTITION, "audit:000000000004")
    assert second
    assert last

    await store.write(audit.PARTITION, Put(second.id, {**second.body, "who": "bob"}))
    assert await audit.broken(store) == "entry 2 was changed"
    await store.write(audit.PARTITION, Delete(second.id))
    assert await audit.broken(store) == "what followed entry 1 is gone"
    await store.write(audit.PARTITION, Put(second.id, second.body), Delete(last.id))
    assert await audit.broken(store) == "entry 4 is gone"
    await store.write(audit.PARTITION, Put(last.id, last.body))
    assert await audit.broken(store) == ""


async def test_a_beginning_that_is_too_young_to_have_expired_is_missed(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = fabric.store
    for n in range(3):
        await audit.record(store, ANN, "stop", {"bot": str(n)}, "done")
    await store.write(audit.PARTITION, Delete("audit:000000000001"))

    assert await audit.broken(store) == "what came before entry 2 is gone"

    monkeypatch.setattr(audit, "KEPT", 0)
    assert await audit.broken(store) == ""


async def test_a_trail_of_which_all_has_expired_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody did anything for longer than an entry is kept."""
    store = SqliteStore(tmp_path / "store.db")
    await audit.record(store, Operator("ann", "cli"), "stop", {"bot": "hr"}, audit.DONE)
    later = time() + audit.KEPT + 3600
    monkeypatch.setattr(audit, "time", lambda: later)
    monkeypatch.setattr(sqlite, "time", lambda: later)

    assert [entry async for entry in audit.entries(store)] == []
    assert await audit.broken(store) == ""

    monkeypatch.setattr(audit, "time", time)
    assert await audit.broken(store) == "entry 1 is gone"
    await store.close()
