"""The ledger rolled up into a document for each bot and day, by a timer, a batch at a time.

Entries that are not counted yet are due. A batch of them is written down first, with its number;
then it is added to the days, each of which remembers the last number that it has; then its entries
are no longer due; then it is closed. Whoever finds a batch open finishes it: what is done twice,
or by two at once, changes nothing, and whatever is killed in the middle loses and doubles nothing.
An entry counts for the day on which it was made, however late it comes.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import inf
from time import monotonic, time
from typing import Any, Self

from shared.bot import Bot
from shared.errors import Conflict
from shared.ports.store import Create, Item, Op, Put, Store, every
from shared.records.daily import (
    DAILY,
    PRESENT,
    PRESENT_SECONDS,
    BotDay,
    Present,
    partition_of,
    present_id,
    present_op,
    spread,
)
from shared.records.figures import Figures
from shared.records.ledger_entry import METERED, PREFIX, LedgerEntry

ROLLUP = "rollup"
"""The partition of the batch, and of the names of all bots that have days."""

BATCH, COUNTED = "batch", "counted:"

MAX_BATCH = 2_000
"""Entries of a batch: its document stays below half of what Cosmos DB takes."""

SIDE_BY_SIDE = 24
"""Writes that are under way at once."""

AT_ONCE = 90
"""Operations of one write; a Cosmos DB batch takes 100."""

Key = tuple[str, str]
"""A bot and a day."""


@dataclass(slots=True)
class Tally:
    """What entries come to for one bot on one day."""

    figures: Figures = field(default_factory=Figures)
    present: Present = field(default_factory=Present)

    def count(self, entry: LedgerEntry, memory_mb: int) -> None:
        self.figures.count(entry, memory_mb)
        if not (entry.done and entry.done.type == METERED):
            self.present.meet(entry)


def tallied(entries: Iterable[LedgerEntry], memory_mb: int) -> dict[Key, Tally]:
    """Count entries by bot and day."""
    found: defaultdict[Key, Tally] = defaultdict(Tally)
    for entry in entries:
        found[entry.bot, entry.day].count(entry, memory_mb)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Batch:
    """`places` are those of its entries, none when it is closed."""

    number: int = 0
    tallies: Mapping[Key, Tally] = field(default_factory=dict)
    places: Sequence[tuple[str, str]] = ()
    etag: str = ""

    @classmethod
    def from_item(cls, item: Item) -> Self:
        body = item.body
        tallies = {
            (bot, day): Tally(Figures.from_body(figures), Present.from_body(present))
            for bot, day, figures, present in body["tallies"]
        }
        return cls(body["number"], tallies, [(p, id) for p, id in body["places"]], item.etag)

    @property
    def is_open(self) -> bool:
        return bool(self.places)

    def to_op(self) -> Create | Put:
        body: dict[str, Any] = {
            "number": self.number,
            "tallies": [
                [bot, day, tally.figures.to_body(), tally.present.to_body()]
                for (bot, day), tally in self.tallies.items()
            ],
            "places": [list(place) for place in self.places],
        }
        return Put(BATCH, body, etag=self.etag) if self.etag else Create(BATCH, body)


async def pending(store: Store, limit: int) -> list[LedgerEntry]:
    """Return entries that no day has yet."""
    found = await store.find(None, PREFIX, due_by=inf, limit=limit)
    return [LedgerEntry.from_item(item) for item in found]


async def last_batch(store: Store) -> Batch:
    item = await store.get(ROLLUP, BATCH)
    return Batch.from_item(item) if item else Batch()


async def roll_up(
    store: Store, bots: Mapping[str, Bot], memory_mb: int, *, within: float = inf
) -> int:
    """Count what is due until nothing is, or for so many seconds. Return how many entries."""
    count, until = 0, monotonic() + within
    while monotonic() < until:
        batch, entries = await _opened(store, memory_mb)
        if batch is None:
            break
        if not batch.is_open:
            continue
        await _all(
            _add(store, bots, batch.number, key, tally) for key, tally in batch.tallies.items()
        )
        await _settle(store, batch, entries)
        await _close(store, batch.number)
        count += len(batch.places)
    return count


async def forget(
    store: Store,
    bots: Mapping[str, Bot],
    memory_mb: int,
    of: Iterable[str],
    names: Collection[str],
) -> None:
    """Take people and conversations out of who was there at these bots; how many stays right."""
    await roll_up(store, bots, memory_mb)
    for bot in of:
        async for item in every(store, PRESENT, partition_of(bot)):
            await _forget(store, item, set(names))


async def _forget(store: Store, item: Item, names: set[str]) -> None:
    found: Item | None = item
    while found:
        present = Present.from_body(found.body)
        if not present.without(names):
            return
        op = Put(found.id, present.to_body(), etag=found.etag, ttl=PRESENT_SECONDS)
        try:
            await store.write(found.partition, op)
        except Conflict:
            found = await store.get(found.partition, found.id)
        else:
            return


async def _opened(store: Store, memory_mb: int) -> tuple[Batch | None, Sequence[LedgerEntry]]:
    """Return the batch that somebody left open, else a new one; None when nothing is due."""
    last = await last_batch(store)
    if last.is_open:
        return last, ()
    entries = await pending(store, MAX_BATCH)
    if not entries:
        return None, ()
    places = [(entry.partition, entry.id) for entry in entries]
    batch = Batch(last.number + 1, tallied(entries, memory_mb), places, last.etag)
    try:
        await store.write(ROLLUP, batch.to_op(), durable=False)
    except Conflict:
        return Batch(), ()  # somebody else has opened one: look again
    return batch, entries


async def _add(store: Store, bots: Mapping[str, Bot], number: int, key: Key, tally: Tally) -> None:
    """Add a tally to its day, unless that has this batch."""
    bot, day = key
    while True:
        item = await store.get(partition_of(bot), f"{DAILY}{day}")
        stored = BotDay.from_item(item) if item else BotDay(bot=bot, day=day)
        if stored.batch >= number:
            return
        if not stored.etag:
            await store.write(ROLLUP, Put(f"{COUNTED}{bot}", {}), durable=False)
        if manifest := bots.get(bot):
            stored.department, stored.cost_center = manifest.department, manifest.cost_center
        try:
            await store.write(stored.partition, *await _ops(store, stored, number, tally))
        except Conflict:
            continue
        return


async def _ops(store: Store, stored: BotDay, number: int, tally: Tally) -> Sequence[Op]:
    parts = await present_parts(store, stored)
    changed = spread(parts, tally.present)
    stored.figures.add(tally.figures)
    stored.batch, stored.parts = number, len(parts)
    who = [present_op(stored.day, part, parts[part]) for part in sorted(changed)]
    return [stored.to_op(), *who]


async def present_parts(store: Store, of: BotDay) -> list[Present]:
    """Read who was there on a day."""
    items = [i async for i in every(store, f"{PRESENT}{of.day}.", of.partition)] if of.etag else []
    found = {item.id: Present.from_body(item.body, item.etag) for item in items}
    return [found.get(present_id(of.day, part)) or Present() for part in range(of.parts)]


async def _settle(store: Store, batch: Batch, entries: Sequence[LedgerEntry]) -> None:
    """Take the entries of a batch off the list; those that are gone by now need it no more."""
    now = time()
    by_partition: defaultdict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in entries or [found async for found in _read(store, batch.places)]:
        if entry.due is not None:
            by_partition[entry.partition].append(entry)
    await _all(
        _write_each(
            store, partition, [entry.counted(now) for entry in found[start : start + AT_ONCE]]
        )
        for partition, found in by_partition.items()
        for start in range(0, len(found), AT_ONCE)
    )


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do some of it side by side. Raises what the first raises, when those beside it are done."""
    waiting = iter(work)
    while some := list(islice(waiting, SIDE_BY_SIDE)):
        for error in await asyncio.gather(*some, return_exceptions=True):
            if error is not None:
                raise error


async def _read(store: Store, places: Iterable[tuple[str, str]]) -> AsyncIterator[LedgerEntry]:
    for partition, id in places:
        if item := await store.get(partition, id):
            yield LedgerEntry.from_item(item)


async def _write_each(store: Store, partition: str, ops: Sequence[Op]) -> None:
    """Write together, or one by one without those that somebody has changed or erased."""
    try:
        await store.write(partition, *ops, durable=False)
    except Conflict:
        if len(ops) > 1:
            for op in ops:
                await _write_each(store, partition, [op])


async def _close(store: Store, number: int) -> None:
    last = await last_batch(store)
    if last.number == number and last.is_open:
        try:
            await store.write(ROLLUP, Batch(number, etag=last.etag).to_op(), durable=False)
        except Conflict:
            return  # somebody else has
