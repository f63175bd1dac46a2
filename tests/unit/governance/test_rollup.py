"""The daily figures are the truth: whatever comes twice or late, and whoever is killed at it."""

import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from time import time
from typing import Any

import pytest

from shared.errors import Unavailable
from shared.governance import rollup
from shared.governance.audit import Operator
from shared.governance.batch import BATCH, ROLLUP, last_batch, pending
from shared.governance.rollup import forget, roll_up
from shared.operations.deeds import persons
from shared.operations.reports.cost import charges
from shared.operations.reports.days import used
from shared.operations.reports.period import Period
from shared.operations.reports.slow import slow
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import BotUsage, usage
from shared.ports.store import Etags, Item, Op, Put, every
from shared.records import daily
from shared.records.daily import PRESENT, Present, Unanswered
from shared.records.ledger_entry import LedgerEntry
from shared.skill import Skill
from shared.storage.sqlite import SqliteStore
from tests.lab import Lab
from tests.week import DAY, MONDAY, Truth, nearest_rank, truth, week, write

ROOT = Path(__file__).parents[3]
EVER, ALL = Period(), Scope()
TURNS = 400

Make = Callable[..., Lab]


@pytest.fixture
async def fabric(lab: Make) -> Lab:
    return lab(Skill("router", "Routes"))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "MAX_BATCH", 60)


class Dying:
    """A store whose process dies before the write of a number."""

    def __init__(self, store: Any, last: int) -> None:
        self._store, self.left = store, last

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        self.left -= 1
        if self.left < 0:
            raise Unavailable("killed")
        etags: Etags = await self._store.write(partition, *ops, durable=durable)
        return etags


async def count(fabric: Lab) -> int:
    return await roll_up(fabric.store, fabric.bots, fabric.settings.function_memory_mb)


async def found(fabric: Lab, period: Period = EVER) -> dict[str, BotUsage]:
    return {row.bot: row for row in (await usage(fabric, ALL, period)).bots if row.bot != "lab"}


def assert_same(row: BotUsage, true: Truth) -> None:
    assert (row.turns, row.replies, row.failed, row.dead) == (
        *(true.turns, true.replies, true.failed, true.dead),
    )
    assert (row.conversations, row.people) == (len(true.conversations), len(true.people))
    assert (row.handed_over, row.unanswered) == (len(true.handed), true.unanswered)
    assert row.contained == len(true.conversations - true.handed)
    assert (row.days, row.languages) == (dict(sorted(true.days.items())), dict(true.languages))
    assert (row.turn_p50, row.turn_p95) == (
        nearest_rank(true.took, 0.5),
        nearest_rank(true.took, 0.95),
    )


async def assert_all_true(fabric: Lab, entries: list[LedgerEntry]) -> None:
    rows = await found(fabric)
    expected = truth(entries)
    assert rows.keys() == expected.keys()
    for bot, true in expected.items():
        assert_same(rows[bot], true)
        bill = await charges(fabric, Scope(bot=bot), EVER)
        quantities: dict[str, Decimal] = {}
        for charge in bill:
            quantities[charge.meter] = quantities.get(charge.meter, Decimal()) + charge.quantity
        memory = Decimal(fabric.settings.function_memory_mb)
        assert quantities["functions.executions"] == true.executions
        assert quantities["functions.gb_seconds"] == memory * true.milliseconds / 1_024_000
        assert quantities["tokens.gpt.input"] == true.tokens
        [crm] = [row for row in await slow(fabric, Scope(bot=bot), EVER) if row.name == "crm"]
        assert (crm.calls, crm.p95) == (len(true.crm), nearest_rank(true.crm, 0.95))


async def test_a_week_is_what_it_was_before_and_after_it_is_rolled_up(fabric: Lab) -> None:
    entries = week(1, TURNS)
    await write(fabric.store, entries)
    await assert_all_true(fabric, entries)

    assert await count(fabric) == TURNS

    assert await pending(fabric.store, 1) == []
    await assert_all_true(fabric, entries)


async def test_what_is_rolled_up_again_counts_once(fabric: Lab) -> None:
    entries = week(2, TURNS)
    await write(fabric.store, entries)
    await count(fabric)

    assert await count(fabric) == 0
    await assert_all_true(fabric, entries)


async def test_what_comes_late_corrects_its_day_and_no_other(fabric: Lab) -> None:
    entries = week(3, TURNS)
    early, late = entries[:300], entries[300:]
    await write(fabric.store, early)
    await count(fabric)
    await write(fabric.store, late)
    await count(fabric)

    await assert_all_true(fabric, entries)


@pytest.mark.parametrize("last", [*range(12), 15, 20, 30, 60, 90])
async def test_a_roll_up_that_dies_before_any_write_loses_and_doubles_nothing(
    fabric: Lab, last: int
) -> None:
    entries = week(4, 150)
    await write(fabric.store, entries)
    with pytest.raises(Unavailable):
        await roll_up(Dying(fabric.store, last), fabric.bots, 2048)

    await assert_all_true(fabric, entries)  # in the middle, too
    await count(fabric)

    await assert_all_true(fabric, entries)


CHILD = """
import asyncio, os, signal, sys
from shared.governance import rollup
from shared.governance.audit import Operator
from shared.storage.sqlite import SqliteStore

rollup.MAX_BATCH = 60

async def main():
    store, left = SqliteStore(sys.argv[1]), int(sys.argv[2])
    write = store.write
    async def dying(*arguments, **how):
        nonlocal left
        await write(*arguments, **how)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    store.write = dying
    await rollup.roll_up(store, {}, 2048)

asyncio.run(main())
"""


async def test_a_process_that_is_killed_at_it_loses_and_doubles_nothing(fabric: Lab) -> None:
    entries = week(5, TURNS)
    await write(fabric.store, entries)
    path = fabric.settings.data_dir / "store.db"
    for writes in (1, 2, 9, 25, 40):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CHILD, str(path), str(writes)), cwd=ROOT
        )
        assert await process.wait() == -signal.SIGKILL

    await count(fabric)

    await assert_all_true(fabric, entries)


async def test_two_that_roll_up_at_once_count_once(fabric: Lab) -> None:
    entries = week(6, TURNS)
    await write(fabric.store, entries)
    other = SqliteStore(fabric.settings.data_dir / "store.db")

    await asyncio.gather(count(fabric), roll_up(other, fabric.bots, 2048), count(fabric))
    await other.close()

    await assert_all_true(fabric, entries)


async def test_a_clock_that_steps_back_counts_for_the_day_it_said(fabric: Lab) -> None:
    """Also what is due only tomorrow, because the clock was ahead, is counted now."""
    ahead = [replace(entry, at=time() + 3 * DAY) for entry in week(7, 40)]
    back = [replace(entry, at=MONDAY - 5 * DAY, id=f"{entry.id}.b") for entry in week(8, 40)]
    await write(fabric.store, ahead)
    await count(fabric)
    await write(fabric.store, back)

    assert await count(fabric) == 40
    await assert_all_true(fabric, [*ahead, *back])


async def test_a_period_that_cuts_days_has_what_is_in_it(fabric: Lab) -> None:
    entries = week(9, TURNS)
    await write(fabric.store, entries[:350])
    await count(fabric)
    await write(fabric.store, entries[350:])
    period = Period(MONDAY + 1.3 * DAY, MONDAY + 4.8 * DAY)

    rows = await found(fabric, period)

    for bot, true in truth([entry for entry in entries if entry.at in period]).items():
        assert_same(rows[bot], true)


async def test_figures_outlive_the_bot_and_what_was_said(fabric: Lab) -> None:
    spoken = await fabric.say("hello")
    await fabric.drain()
    before = (await usage(fabric, ALL, EVER)).bots
    await count(fabric)
    for item in await fabric.store.find(spoken, "", limit=1000):
        await fabric.store.write(spoken, rollup_delete(item))
    fabric.bots.clear()

    [row] = (await usage(fabric, ALL, EVER)).bots

    assert row == before[0]
    assert (row.bot, row.department, row.turns) == ("lab", "Research", 1)
    bill = await charges(fabric, Scope(department="Research"), EVER)
    assert {charge.department for charge in bill} == {"Research"}


def rollup_delete(item: Item) -> Op:
    from shared.ports.store import Delete

    return Delete(item.id)


async def test_who_is_erased_is_counted_and_named_no_more(fabric: Lab) -> None:
    await fabric.say("hello")
    await fabric.drain()
    await count(fabric)
    who = "ann"

    await persons.erase(fabric, Operator("ops", "cli"), who, "asked")

    names = [
        name
        async for item in every(fabric.store, PRESENT)
        for name in (*item.body["people"], *item.body["conversations"])
    ]
    assert len(names) == 2
    assert not [name for name in names if name.startswith("lab.") or name == "49915e0d7d4b"]
    [row] = (await usage(fabric, ALL, EVER)).bots
    assert (row.people, row.conversations, row.turns) == (1, 1, 1)


async def test_an_erasure_in_the_middle_of_a_roll_up_is_not_undone(fabric: Lab) -> None:
    entries = week(10, 100)
    await write(fabric.store, entries)
    await count(fabric)
    some = entries[0].partition

    await asyncio.gather(
        forget(fabric.store, fabric.bots, 2048, ["hr", "it", "sales"], {some}),
        write(fabric.store, [replace(e, id=f"{e.id}.c") for e in entries if e.partition != some]),
        count(fabric),
    )

    kept = [item async for item in every(fabric.store, PRESENT)]
    assert kept
    assert not [item for item in kept if some in item.body["conversations"]]


async def test_a_day_of_more_people_than_a_document_takes_has_several(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily, "MAX_PRESENT", 7)
    entries = week(11, TURNS, days=1)
    await write(fabric.store, entries)
    await count(fabric)

    parts = [item async for item in every(fabric.store, PRESENT)]
    assert len(parts) > 6
    assert len({item.id for item in parts}) > 2
    await assert_all_true(fabric, entries)


async def test_a_batch_that_is_closed_holds_nobody(fabric: Lab) -> None:
    await write(fabric.store, week(12, 10))
    await count(fabric)

    item = await fabric.store.get(ROLLUP, BATCH)
    assert item
    assert item.body == {"number": 1, "tallies": [], "places": []}
    assert not (await last_batch(fabric.store)).is_open


async def test_an_entry_keeps_the_end_of_its_life(fabric: Lab) -> None:
    import sqlite3

    await write(fabric.store, [replace(entry, at=time() - 100 * DAY) for entry in week(13, 5)])
    await count(fabric)

    with sqlite3.connect(fabric.settings.data_dir / "store.db") as file:
        rows = file.execute("SELECT expires FROM item WHERE id LIKE 'ledger:%'").fetchall()
    file.close()
    assert [round((expires - time()) / DAY) for (expires,) in rows] == [300] * 5


async def test_a_report_reads_no_transcript_and_no_entry_that_was_counted(fabric: Lab) -> None:
    await write(fabric.store, week(14, 100))
    await count(fabric)
    asked: list[str] = []
    read: list[Item] = []
    find = fabric.store.find

    async def watched(partition: str | None, prefix: str, **how: Any) -> list[Item]:
        asked.append(f"{partition} {prefix}")
        items: list[Item] = await find(partition, prefix, **how)
        read.extend(item for item in items if item.id.startswith(("seen:", "ledger:")))
        return items

    fabric.store.find = watched  # type: ignore[method-assign]
    await used(fabric, ALL, EVER, present=True)

    assert {one for one in asked if one.startswith("None")} == {"None seen:", "None ledger:"}
    assert read == []


async def test_a_turn_is_counted_off_its_marker_which_stays_as_it_was(fabric: Lab) -> None:
    key = await fabric.say("hello")
    await fabric.drain()
    [marker] = await fabric.store.find(key, "seen:")

    assert await count(fabric) == 1

    [entry] = await fabric.store.find(key, "ledger:")
    [after] = await fabric.store.find(key, "seen:")
    assert (marker.due is None, after.due, entry.due) == (False, None, None)
    assert after.body == marker.body
    assert after.id.removeprefix("seen:") == entry.id.removeprefix("ledger:")


async def test_a_marker_that_changed_while_it_was_counted_counts_once(fabric: Lab) -> None:
    key = await fabric.say("hello")
    await fabric.drain()
    [marker] = await fabric.store.find(key, "seen:")
    write, changes = fabric.store.write, [Put(marker.id, marker.body, due=marker.due)]

    async def late(partition: str, *ops: Op, durable: bool = True) -> Etags:
        if any(op.id == marker.id for op in ops) and changes:
            await write(key, changes.pop())
        return await write(partition, *ops, durable=durable)

    fabric.store.write = late  # type: ignore[method-assign]

    assert await count(fabric) == 1
    assert await count(fabric) == 0
    [row] = (await usage(fabric, ALL, EVER)).bots
    assert row.turns == 1


async def test_words_that_are_kept_for_less_than_a_month_leave_the_entry_by_itself(
    lab: Make,
) -> None:
    fabric = lab(Skill("router", "Routes"), manifest="[retention]\ntranscript_days = 2")
    key = await fabric.say("hello")
    await fabric.drain()

    [entry] = await fabric.store.find(key, "ledger:")
    assert entry.due is not None
    assert [item.due for item in await fabric.store.find(key, "seen:")] == [None, None]


async def test_words_of_a_bot_that_is_gone_are_kept_no_longer_for_being_counted(
    lab: Make,
) -> None:
    import sqlite3

    fabric = lab(Skill("router", "Routes"), manifest="[retention]\ntranscript_days = 30")
    await fabric.say("hello")
    await fabric.drain()
    fabric.bots.clear()

    await count(fabric)

    with sqlite3.connect(fabric.settings.data_dir / "store.db") as file:
        [(expires,)] = file.execute("SELECT expires FROM item WHERE id LIKE 'seen:%'").fetchall()
    file.close()
    assert expires <= time() + 30 * DAY


async def test_what_is_held_for_ever_stays_when_its_turn_is_counted(fabric: Lab) -> None:
    import sqlite3

    await fabric.say("hello")
    await fabric.drain()

    await persons.hold(fabric, Operator("ops", "cli"), "ann", "a lawsuit")
    await count(fabric)

    with sqlite3.connect(fabric.settings.data_dir / "store.db") as file:
        rows = file.execute("SELECT id, expires FROM item WHERE id LIKE 'seen:%'").fetchall()
        rows += file.execute("SELECT id, expires FROM item WHERE id LIKE 'ledger:%'").fetchall()
    file.close()
    assert len(rows) == 2
    assert {expires for _, expires in rows} == {None}


def test_names_that_are_nobodys_take_the_place_of_the_erased() -> None:
    present = Present(
        {"a": 1, "b": 2}, {"x", "y"}, [Unanswered("a", "1", 1.0), Unanswered("b", "2", 2.0)]
    )

    assert present.without({"a", "x"})

    assert "a" not in present.conversations
    assert sorted(present.conversations.values()) == [1, 2]
    assert (len(present.people), "y" in present.people) == (2, True)
    assert present.unanswered == [Unanswered("b", "2", 2.0)]
    assert not present.without({"a", "x"})
