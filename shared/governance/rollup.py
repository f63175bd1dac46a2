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
from itertools import islice
from math import inf
from time import monotonic, time
from typing import Any

from shared.bot import Bot
from shared.errors import Conflict, PermanentError
from shared.governance.batch import (
    ROLLUP,
    Batch,
    Key,
    Tally,
    last_batch,
    pending,
    tallied,
)
from shared.ports.store import Item, Op, Put, Store, every
from shared.records.conversation import REMEMBERED
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
from shared.records.seen import DAY_SECONDS
from shared.records.uncounted import Uncounted

COUNTED = "counted:"

MAX_BATCH = 2_000
"""Entries of a batch: its document stays below half of what Cosmos DB takes."""

SIDE_BY_SIDE = 24
"""Writes that are under way at once."""

AT_ONCE = 45
"""Entries that one write takes off the list, by two operations each; Cosmos DB takes 100."""


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
        await _settle(store, bots, batch, entries)
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


async def _opened(store: Store, memory_mb: int) -> tuple[Batch | None, Sequence[Uncounted]]:
    """Return the batch that somebody left open, else a new one; None when nothing is due."""
    last = await last_batch(store)
    if last.is_open:
        return last, ()
    found = await pending(store, MAX_BATCH)
    if not found:
        return None, ()
    tallies = tallied((one.entry for one in found), memory_mb)
    batch = Batch(last.number + 1, tallies, [one.place for one in found], last.etag)
    try:
        await store.write(ROLLUP, batch.to_op(), durable=False)
    except Conflict:
        return Batch(), ()  # somebody else has opened one: look again
    return batch, found


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


async def _settle(
    store: Store, bots: Mapping[str, Bot], batch: Batch, found: Sequence[Uncounted]
) -> None:
    """Take the entries of a batch off the list; those that are gone by now need it no more."""
    by_partition: defaultdict[str, list[Uncounted]] = defaultdict(list)
    for one in found or [read async for read in _read(store, batch.places)]:
        by_partition[one.item.partition].append(one)
    await _all(
        _take_off(store, bots, some[start : start + AT_ONCE])
        for some in by_partition.values()
        for start in range(0, len(some), AT_ONCE)
    )


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do some of it side by side. Raises what the first raises, when those beside it are done."""
    waiting = iter(work)
    while some := list(islice(waiting, SIDE_BY_SIDE)):
        for error in await asyncio.gather(*some, return_exceptions=True):
            if error is not None:
                raise error


async def _read(store: Store, places: Iterable[tuple[str, str]]) -> AsyncIterator[Uncounted]:
    for place in places:
        item = await store.get(*place)
        if item and item.due is not None:
            yield Uncounted.of(item)


async def _take_off(store: Store, bots: Mapping[str, Bot], some: Sequence[Uncounted]) -> None:
    """Write together, or one by one as they are by now, without those that somebody has erased."""
    now = time()
    ops = [op for one in some for op in one.counted(now, _kept_days(bots, one.entry.bot))]
    try:
        await store.write(some[0].item.partition, *ops, durable=False)
    except (Conflict, PermanentError) as error:
        if len(some) == 1 and isinstance(error, PermanentError):
            raise  # several may be too large for one write
        async for one in _read(store, [one.place for one in some]):
            await _take_off(store, bots, [one])


def _kept_days(bots: Mapping[str, Bot], bot: str) -> int:
    """Return how many days transcripts of a bot are kept; of one that is gone, the least that a
    marker with an entry has.
    """
    manifest = bots.get(bot)
    return manifest.retention.transcript_days if manifest else REMEMBERED // DAY_SECONDS


async def _close(store: Store, number: int) -> None:
    last = await last_batch(store)
    if last.number == number and last.is_open:
        try:
            await store.write(ROLLUP, Batch(number, etag=last.etag).to_op(), durable=False)
        except Conflict:
            return  # somebody else has
