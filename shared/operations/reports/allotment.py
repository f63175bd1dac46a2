"""What no bot causes alone, given to the bots that it falls to by the rule that its price declares.

The parts of a day are whole numbers of what is counted, so whatever a report groups by, they add up
to what there was; what no rule gives to anybody stays with `shared`, for all to see.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import time

from shared.fabric import Fabric
from shared.governance.batch import Tally
from shared.governance.prices import Prices, Spread
from shared.operations.reports.days import Used, used
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.records.figures import FIXED, MONTH, Figures, joined, parts
from shared.records.metered import SHARED

NAME = "shared"
"""What it is called in reports: the bot, department and cost center of what nobody was given,
and the skill of what somebody was."""


async def allotted(fabric: Fabric, scope: Scope, period: Period) -> list[Used]:
    """Read what a scope used, with what falls to it of what all share, and who was there."""
    if scope.bot and not fabric.prices.spreads:
        return await used(fabric, scope, period, present=True)
    days = await used(fabric, Scope(), period, present=True, shared=True)
    given = allot(fabric.prices, days, period, time())
    return [one for one in given if scope.covers(one.bot, one.department)]


def allot(prices: Prices, days: Iterable[Used], period: Period, now: float) -> Iterator[Used]:
    """Give what is shared on each day to those who were there; `now` ends what is fixed a month."""
    fixed = dict(_fixed(prices, period, now))
    by_day: defaultdict[str, list[Used]] = defaultdict(list)
    for one in days:
        by_day[one.day].append(one)
    for day in sorted({*by_day, *fixed}):
        bots = [one for one in by_day[day] if one.bot != SHARED]
        shared = [one.tally.figures.meters for one in by_day[day] if one.bot == SHARED]
        yield from _given(prices, day, bots, _pool(fixed.get(day, {}), *shared))


def _pool(fixed: Mapping[str, int], *shared: Mapping[str, int]) -> dict[str, int]:
    """What there is of each meter on a day, whoever's work it was."""
    found: defaultdict[str, int] = defaultdict(int, fixed)
    for meters in shared:
        for name, number in meters.items():
            found[parts(name)[2]] += number
    return found


def _given(
    prices: Prices, day: str, bots: Sequence[Used], pool: Mapping[str, int]
) -> Iterator[Used]:
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    more: list[dict[str, int]] = [{} for _ in bots]
    left: dict[str, int] = {}
    for meter, number in sorted(pool.items()):
        row = prices.at(meter, midnight)
        weights = _weights(row.spread if row else "", bots)
        if not sum(weights):
            left[joined("", "", meter)] = number
            continue
        for place, share in enumerate(divided(number, weights)):
            if share:
                more[place][joined(NAME, "", meter)] = share
    for one, extra in zip(bots, more, strict=True):
        yield _with(one, extra) if extra else one
    if left:
        yield Used(NAME, day, NAME, NAME, Tally(Figures(meters=left)))


def _with(one: Used, extra: Mapping[str, int]) -> Used:
    figures = Figures(meters=dict(one.tally.figures.meters))
    figures.add(Figures(meters=dict(extra)))
    return replace(one, tally=Tally(figures, one.tally.present))


def _weights(spread: Spread, bots: Sequence[Used]) -> list[int]:
    """How much each takes of it, all zeros when nobody does."""
    turns = [sum(one.tally.figures.turns.values()) for one in bots]
    match spread:
        case "turns":
            return turns
        case "even":
            return [min(1, number) for number in turns]
    return [0] * len(bots)


def divided(number: int, weights: Sequence[int]) -> list[int]:
    """Divide by weights into whole parts that add up (largest remainder, the first of equals)."""
    total = sum(weights)
    found = [number * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: -(number * weights[place] % total))
    for place in order[: number - sum(found)]:
        found[place] += 1
    return found


def _fixed(prices: Prices, period: Period, now: float) -> Iterator[tuple[str, dict[str, int]]]:
    """What accrues each day of what costs something a month, whatever is used."""
    meters = [meter for meter in prices.meters if meter.startswith(FIXED)]
    if not meters:
        return
    begin = max(period.since, min(prices.of(meter)[0].begins for meter in meters))
    end = min(period.until, _midnight(_day(now) + timedelta(days=1)))
    day = _day(begin)
    while (midnight := _midnight(day)) < end:
        seconds = round(min(end, midnight + 86_400) - max(begin, midnight))
        part = _part_of_month(day) * seconds // 86_400
        yield day.isoformat(), {meter: part for meter in meters if prices.at(meter, midnight)}
        day += timedelta(days=1)


def _part_of_month(day: date) -> int:
    """The day's part of its month; those of all its days add up to `MONTH`."""
    length = monthrange(day.year, day.month)[1]
    return MONTH * day.day // length - MONTH * (day.day - 1) // length


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
