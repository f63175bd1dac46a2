"""What operators do is on record, in a chain that shows what is missing from it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from hashlib import sha256

import pytest

from shared.errors import PermanentError, Unavailable
from shared.event import utc_now
from shared.governance import audit
from shared.governance.audit import Entry, Operator, Trail, chain, trail
from shared.governance.audit.anchor import Anchored, anchor
from shared.governance.audit.canonical import canonical
from shared.governance.audit.chain import DAY_PREFIX, HEAD, days
from shared.governance.audit.entry import partition
from shared.governance.audit.merkle import root
from shared.governance.audit.verify import broken
from shared.operations.deeds import record
from shared.operations.deeds import switches as kill_switch
from shared.operations.reports import switches as switch_report
from shared.ports.store import Delete, Etags, Item, Op, Put, Store
from shared.skill import Skill
from tests.lab import Lab

ANN = Operator("ann", "cli")


@pytest.fixture
def fabric(lab: Callable[..., Lab]) -> Lab:
    return lab(Skill("echo", "Echoes"))


async def test_a_deed_is_told_with_who_what_when_and_outcome(fabric: Lab) -> None:
    await kill_switch.switch(fabric, ANN, "stop", "bot", "lab")

    [deed] = await audit.deeds(fabric.store)

    assert (deed.who, deed.via, deed.action) == ("ann", "cli", "stop")
    assert (deed.target, deed.outcome) == ({"bot": "lab"}, "done")
    assert deed.at.startswith("20")


async def test_entries_of_many_operators_at_once_are_one_chain(fabric: Lab) -> None:
    deeds = [fabric.audit.record(ANN, "stop", {"bot": str(n)}, "done") for n in range(12)]
    numbers = await asyncio.gather(*deeds)

    assert sorted(int(id.partition("/")[2]) for id in numbers) == list(range(1, 13))
    assert len([entry async for entry in audit.entries(fabric.store)]) == 12
    assert await broken(fabric.store) == ""


async def test_entries_of_two_processes_at_once_are_one_chain(fabric: Lab) -> None:
    trails = [Trail(fabric.store), Trail(fabric.store)]
    await asyncio.gather(*(one.record(ANN, "stop", {}, "done") for one in trails * 20))

    assert len([entry async for entry in audit.entries(fabric.store)]) == 40
    assert await broken(fabric.store) == ""


async def test_what_comes_while_one_write_is_under_way_goes_together(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes, write = list[int](), fabric.store.write

    async def counted(where: str, *ops: Op, durable: bool = True) -> None:
        writes.append(len(ops))
        await write(where, *ops, durable=durable)

    await fabric.audit.record(ANN, "stop", {}, "done")
    monkeypatch.setattr(fabric.store, "write", counted)
    await asyncio.gather(*(fabric.audit.record(ANN, "stop", {}, "done") for _ in range(200)))

    assert writes == [2, 91, 91, 20], "entries of a write, and the end of the chain"
    assert await broken(fabric.store) == ""


async def test_who_gives_up_waiting_takes_nobody_along(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, reached, go_on = fabric.store.write, asyncio.Event(), asyncio.Event()

    async def slow(where: str, *ops: Op, durable: bool = True) -> None:
        reached.set()
        await go_on.wait()
        await write(where, *ops, durable=durable)

    monkeypatch.setattr(fabric.store, "write", slow)
    first, *others = (
        asyncio.create_task(fabric.audit.record(ANN, "stop", {"bot": str(n)}, "done"))
        for n in range(4)
    )
    await reached.wait()
    first.cancel()
    others[0].cancel()
    go_on.set()
    kept = await asyncio.gather(first, *others, return_exceptions=True)

    assert [isinstance(one, str) for one in kept] == [False, False, True, True]
    assert [entry.target["bot"] async for entry in audit.entries(fabric.store)] == ["2", "3"]


async def test_a_store_that_is_away_is_asked_once_for_all_who_wait(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    async def away(where: str, *ops: Op, durable: bool = True) -> None:
        asked.append(where)
        await asyncio.sleep(0)
        raise Unavailable("store")

    await fabric.audit.record(ANN, "stop", {"bot": "0"}, "done")
    with monkeypatch.context() as patched:
        patched.setattr(fabric.store, "write", away)
        records = (fabric.audit.record(ANN, "stop", {}, "done") for _ in range(12))
        refused = await asyncio.gather(*records, return_exceptions=True)

    assert all(isinstance(one, Unavailable) for one in refused)
    assert len(asked) == 2, "for the first, and for those who came meanwhile"
    await fabric.audit.record(ANN, "stop", {"bot": "1"}, "done")
    assert await broken(fabric.store) == ""


async def test_a_deed_that_failed_says_why(fabric: Lab) -> None:
    async def fails() -> None:
        raise PermanentError("broken")

    with pytest.raises(PermanentError):
        await record.on_record(fabric, ANN, "redrive", {"letter": "1"}, fails)

    [deed] = await audit.deeds(fabric.store)
    assert deed.outcome == "failed: broken"


async def test_what_a_crash_cut_off_is_on_record_as_begun(fabric: Lab) -> None:
    async def crash() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await record.on_record(fabric, ANN, "redrive", {"letter": "1"}, crash)

    [deed] = await audit.deeds(fabric.store)
    assert deed.outcome == "begun"


async def test_what_cannot_be_recorded_is_not_done(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = fabric.store.write

    async def no_audit(where: str, *ops: Put, **how: bool) -> Etags:
        if where.startswith("audit"):
            raise Unavailable("store")
        return await write(where, *ops, **how)

    monkeypatch.setattr(fabric.store, "write", no_audit)
    with pytest.raises(Unavailable):
        await kill_switch.switch(fabric, ANN, "stop", "bot", "lab")

    assert await switch_report.stopped(fabric) == []


async def fill(store: Store, count: int = 4) -> str:
    """Write entries, and return today's partition."""
    for n in range(count):
        await Trail(store).record(ANN, "stop", {"bot": str(n)}, "done")
    [day] = [item async for item in days(store)]
    return partition(day.id.removeprefix(DAY_PREFIX))


async def entry(store: Store, where: str, number: int) -> Item:
    item = await store.get(where, f"audit:{number:012d}")
    assert item
    return item


def named(fault: str) -> str:
    """The fault without the day, which is today's."""
    return fault.replace(utc_now()[:10] + "/", "")


async def test_the_first_entry_that_was_changed_removed_or_added_is_named(fabric: Lab) -> None:
    store = fabric.store
    where = await fill(store)
    second, last = await entry(store, where, 2), await entry(store, where, 4)

    async def fault(*ops: Op) -> str:
        await store.write(where, *ops)
        return named(await broken(store))

    assert await fault(Put(second.id, {**second.body, "who": "bob"})) == "entry 2 was changed"
    assert await fault(Put(second.id, {**second.body, "more": 1})) == "entry 2 was changed"
    assert await fault(Put(second.id, {"number": 2})) == "entry 2 was changed"
    assert await fault(Delete(second.id)) == "entry 2 was removed"
    assert await fault(Put(second.id, second.body), Delete(last.id)) == "entry 4 was removed"
    assert await fault(Put(last.id, last.body)) == ""
    more = Entry.from_item(last)
    forged = replace(more, number=5, previous=more.digest).sealed()
    assert await fault(forged.to_op()) == "entry 5 was added"


async def test_every_single_byte_of_an_entry_counts(fabric: Lab) -> None:
    where = await fill(fabric.store, 3)
    item = await entry(fabric.store, where, 2)

    for name, value in item.body.items():
        changed = value + 1 if isinstance(value, int) else "x" if name != "target" else {"bot": "7"}
        await fabric.store.write(where, Put(item.id, {**item.body, name: changed}))
        assert named(await broken(fabric.store)) == "entry 2 was changed", name


async def test_a_chain_that_was_written_anew_is_found_by_the_anchor(fabric: Lab) -> None:
    store = fabric.store
    where = await fill(store)
    anchors = Anchored.read("".join(day.to_line() + "\n" for day in await anchor(store)))
    items = [await entry(store, where, number) for number in range(1, 5)]
    previous = str(items[0].body["previous"])
    for item in items:
        forged = replace(Entry.from_item(item), previous=previous)
        if item.id.endswith("3"):
            forged = replace(forged, who="nobody")
        forged = forged.sealed()
        await store.write(where, Put(item.id, asdict(forged)))
        previous = forged.digest
    head = await store.get(where, HEAD)
    assert head
    await store.write(where, Put(HEAD, {**head.body, "digest": previous}))

    assert await broken(store) == "", "nothing within the store tells"
    assert named(await broken(store, anchors)) == "entry 3 was changed since it was anchored"
    false = replace(anchors[0], leaves=[*anchors[0].leaves[:3], previous])
    assert "its root is not that of its leaves" in await broken(store, [false])


async def test_entries_since_the_anchor_are_no_fault(fabric: Lab) -> None:
    await fill(fabric.store)
    anchors = await anchor(fabric.store)

    await fill(fabric.store, 2)

    assert await broken(fabric.store, anchors) == ""


async def test_days_are_tied_to_each_other(fabric: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    store = fabric.store
    for day in ("2026-10-01", "2026-10-02", "2026-10-05"):
        monkeypatch.setattr(trail, "utc_now", lambda day=day: f"{day}T10:00:00+00:00")
        await fabric.audit.record(ANN, "stop", {"bot": day}, "done")
        await fabric.audit.record(ANN, "start", {"bot": day}, "done")
    monkeypatch.setattr(chain, "time", lambda: 1_791_500_000.0)
    assert await broken(store) == ""

    second = partition("2026-10-02")
    await store.write(second, *(Delete(f"audit:{number:012d}") for number in (1, 2)))

    assert await broken(store) == "entry 2026-10-02/1 was removed"
    await store.write(second, Delete(HEAD))
    assert await broken(store) == "entry 2026-10-02/2 was removed"
    await store.write("audit", Delete("day:2026-10-02"))
    assert await broken(store) == "entry 2026-10-02/2 was removed"


async def test_a_beginning_that_is_too_young_to_have_expired_is_missed(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await fill(fabric.store, 3)
    await fabric.store.write(where, Delete("audit:000000000001"))

    assert named(await broken(fabric.store)) == "entry 1 was removed"

    monkeypatch.setattr(chain, "KEPT_SECONDS", 0)
    assert await broken(fabric.store) == ""


def test_the_canonical_form_is_that_of_the_rfc() -> None:
    value = {"\u20ac": "Euro", "\r": "CR", "1": "One", "\U0001f600": "smile", "\ufb33": "dagesh"}

    assert canonical({"b": [1, True, None], "a": '\u00e9\u0007"\\/'}) == (
        b'{"a":"\xc3\xa9\\u0007\\"\\\\/","b":[1,true,null]}'
    )
    names = list(json.loads(canonical(value)))
    assert names == ["\r", "1", "\u20ac", "\U0001f600", "\ufb33"], "by UTF-16 code units"
    for refused in (1.5, 2**53, {"a": float("nan")}, object()):
        with pytest.raises(ValueError, match=r"fraction|number|JSON"):
            canonical(refused)


def test_an_entry_is_written_letter_by_letter_as_anything_else_is() -> None:
    """What is plain takes a shorter way to the same bytes."""
    letters = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]

    for start in range(0, len(letters), 1000):
        text = "".join(letters[start : start + 1000])
        plain = {"b": text, "a": {"d": 2**53 - 1, "c": -(2**53 - 1)}}
        [other] = json.loads(canonical([plain]))
        assert canonical([plain]) == b"[" + canonical(plain) + b"]"
        assert other == plain


@pytest.mark.parametrize("value", [2**53, -(2**53), 1.0, "\ud800", b"", {"b": 1.0}])
def test_an_entry_with_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"fraction|number|JSON|surrogates"):
        canonical({"a": value})


def test_the_merkle_root_is_that_of_the_rfc() -> None:
    leaf = [sha256(b"\0" + bytes([n])).digest() for n in range(3)]
    pair = sha256(b"\1" + leaf[0] + leaf[1]).digest()

    assert root([]) == sha256(b"").digest()
    assert root([b"\0"]) == leaf[0]
    assert root([b"\0", b"\1", b"\2"]) == sha256(b"\1" + pair + leaf[2]).digest()
