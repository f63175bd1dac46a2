"""The days of the bots as reports read them: rolled up, with what waits for it; no transcripts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from shared.fabric import Fabric
from shared.governance.batch import (
    MAX_PENDING,
    ROLLUP,
    Batch,
    Key,
    Tally,
    last_batch,
    pending,
    tallied,
)
from shared.governance.rollup import COUNTED, present_parts
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.ports.store import every
from shared.records.daily import DAILY, PRESENT, BotDay, Present, present_id
from shared.records.ledger_entry import PREFIX, LedgerEntry
from shared.records.metered import METERED_CHANNELS, SHARED, metered_partition
from shared.records.uncounted import Uncounted

LOOKS = 5
"""Times a report reads again because a roll-up went on meanwhile."""


@dataclass(frozen=True, slots=True)
class Used:
    """A bot's use on one day. `present` is empty unless it was asked for."""

    bot: str
    day: str
    department: str
    cost_center: str
    tally: Tally


async def used(
    fabric: Fabric, scope: Scope, period: Period, *, present: bool = False, shared: bool = False
) -> list[Used]:
    """Read the days of a scope and period, by bot and day; of a day that the period cuts, only
    what is in it. With `shared` also what no bot causes alone, as that of a bot `SHARED`.
    """
    found: list[Used] = []
    for _ in range(LOOKS):
        before = await last_batch(fabric.store)
        waiting = await pending(fabric.store, MAX_PENDING)
        found = await _read(fabric, scope, period, before, waiting, present=present)
        if (await last_batch(fabric.store)).etag == before.etag:
            break
    return [one for one in found if shared or one.bot != SHARED]


async def _read(
    fabric: Fabric,
    scope: Scope,
    period: Period,
    batch: Batch,
    waiting: Sequence[Uncounted],
    *,
    present: bool,
) -> list[Used]:
    apart = set(batch.places)
    due = [one.entry for one in waiting if one.place not in apart]
    memory_mb = fabric.settings.function_memory_mb
    more = tallied((entry for entry in due if entry.at in period), memory_mb)
    bots = await _bots(fabric, scope, more)
    found = []
    for bot in sorted(bots):
        days = {day.day: day for day in await _days(fabric, bot, period)}
        names = {day for of, day in (*more, *batch.tallies) if of == bot and _meets(day, period)}
        who = await _present(fabric, bot, days) if present else {}
        for name in sorted(names | set(days)):
            key, stored = (bot, name), days.get(name) or BotDay(bot=bot, day=name)
            tally = Tally(stored.figures, who.get(name) or Present())
            if not (present or _whole(name, period)):
                for part in await present_parts(fabric.store, stored):
                    tally.present.add(part)
            if key in batch.tallies and stored.batch < batch.number:
                _add(tally, batch.tallies[key])
            if not _whole(name, period):
                tally = await _cut(fabric, key, tally.present, waiting, period)
            elif key in more:
                _add(tally, more[key])
            found.append(_used(fabric, key, stored, tally, days.values()))
    return [one for one in found if scope.covers(one.bot, one.department)]


async def _bots(fabric: Fabric, scope: Scope, more: Iterable[Key]) -> set[str]:
    if scope.bot:
        return {scope.bot}
    named = [i.id.removeprefix(COUNTED) async for i in every(fabric.store, COUNTED, ROLLUP)]
    return {*named, *(bot for bot, _ in more)}


async def _days(fabric: Fabric, bot: str, period: Period) -> list[BotDay]:
    """Read the days of a bot that the period meets, the oldest first."""
    place = BotDay(bot=bot, day="").partition
    first = date.fromtimestamp(0) if period.since <= 0 else _date(period.since)
    after = f"{DAILY}{first - timedelta(days=1)}" if period.since > 86_400 else ""
    found = []
    while page := await fabric.store.find(place, DAILY, after=after, limit=100):
        for item in page:
            day = BotDay.from_item(item)
            if _meets(day.day, period):
                found.append(day)
            elif _begin(day.day) >= period.until:
                return found
        after = page[-1].id
    return found


async def _present(fabric: Fabric, bot: str, days: Mapping[str, BotDay]) -> dict[str, Present]:
    """Read who was at a bot on each of these days."""
    found: dict[str, Present] = {}
    if not days:
        return found
    place, last = BotDay(bot=bot, day="").partition, present_id(max(days), 9999)
    after = f"{PRESENT}{min(days)}"
    while page := await fabric.store.find(place, PRESENT, after=after, limit=100):
        for item in page:
            day = item.id.removeprefix(PRESENT).partition(".")[0]
            if day in days:
                found.setdefault(day, Present()).add(Present.from_body(item.body))
        after = page[-1].id
        if after > last:
            break
    return found


async def _cut(
    fabric: Fabric, key: Key, present: Present, waiting: Iterable[Uncounted], period: Period
) -> Tally:
    """Count the part of a day that is in the period, from the entries of who was there."""
    bot, day = key
    of_bot = [one.entry for one in waiting if one.entry.bot == bot]
    found = {(entry.partition, entry.id): entry for entry in of_bot}
    places = {*present.conversations, *(entry.partition for entry in of_bot)}
    places |= {metered_partition(bot, channel, _begin(day)) for channel in METERED_CHANNELS}
    for place in places:
        async for item in every(fabric.store, PREFIX, place):
            found[place, item.id] = LedgerEntry.from_item(item)
    tally = Tally()
    for entry in found.values():
        if entry.bot == bot and entry.day == day and entry.at in period:
            tally.count(entry, fabric.settings.function_memory_mb)
    return tally


def _add(tally: Tally, more: Tally) -> None:
    tally.figures.add(more.figures)
    tally.present.add(more.present)


def _used(fabric: Fabric, key: Key, stored: BotDay, tally: Tally, days: Iterable[BotDay]) -> Used:
    """With the department of the day; of a day that is not rolled up, as it is now."""
    bot, day = key
    if stored.department:
        return Used(bot, day, stored.department, stored.cost_center, tally)
    if manifest := fabric.bots.get(bot):
        return Used(bot, day, manifest.department, manifest.cost_center, tally)
    last = max(days, key=lambda one: one.day, default=stored)
    return Used(bot, day, last.department, last.cost_center, tally)


def used_in(fabric: Fabric, entries: Iterable[LedgerEntry]) -> list[Used]:
    """What these entries come to, by bot and day, with the departments of now."""
    counted = tallied(entries, fabric.settings.function_memory_mb)
    return [
        _used(fabric, key, BotDay(bot=key[0], day=key[1]), tally, ())
        for key, tally in sorted(counted.items())
    ]


def _date(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def _begin(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def _meets(day: str, period: Period) -> bool:
    begin = _begin(day)
    return begin < period.until and begin + 86_400 > period.since


def _whole(day: str, period: Period) -> bool:
    begin = _begin(day)
    return period.since <= begin and begin + 86_400 <= period.until


@dataclass(slots=True)
class Sum:
    """All days of one bot, or of all."""

    tally: Tally = field(default_factory=Tally)
    department: str = ""
    turns_by_day: dict[str, int] = field(default_factory=dict)

    def add(self, one: Used) -> None:
        _add(self.tally, one.tally)
        self.department = one.department
        if turns := sum(one.tally.figures.turns.values()):
            self.turns_by_day[one.day] = self.turns_by_day.get(one.day, 0) + turns


def by_bot(days: Iterable[Used]) -> Mapping[str, Sum]:
    found: defaultdict[str, Sum] = defaultdict(Sum)
    for one in days:
        found[one.bot].add(one)
    return found
