"""What each skill has room for, and when this month's budgets will be spent."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import time

from shared.fabric import Fabric
from shared.operations.reports.budgets import budgets
from shared.operations.reports.days import Used, used
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.records.figures import parts

CONVERSATIONS_AT_ONCE = 8
"""Sessions that one instance of a skill's function works at a time: `maxConcurrentSessions`."""

HOUR_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Load:
    """One skill. Rates are deliveries an hour, `service` seconds of one.

    `busiest` is the most that came in one hour, `at` when; `utilisation` the share of one
    instance's time that was taken in that hour; `limit` the rate from which on one instance does
    not keep up, so that another has to start or the queue grows.
    """

    skill: str
    deliveries: int
    mean: float
    busiest: int
    at: str
    service: float
    utilisation: float
    limit: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """One limit of this month. `ends` is the day on which it is spent if it goes on like this,
    "" when it lasts; `expected` is its share at the end of the month.
    """

    limit: str
    unit: str
    share: float
    expected: float
    ends: str


@dataclass(frozen=True, slots=True)
class Capacity:
    """The fullest first."""

    skills: list[Load]
    budgets: list[Forecast]


@dataclass(slots=True)
class _Sum:
    deliveries: int = 0
    milliseconds: int = 0
    hours: dict[tuple[str, str], int] = field(default_factory=dict)
    busy: dict[tuple[str, str], int] = field(default_factory=dict)


async def capacity(fabric: Fabric, scope: Scope, period: Period) -> Capacity:
    now = time()
    skills = loads(await used(fabric, scope, period))
    rows = [
        forecast(one.limit, one.unit, one.share, now)
        for one in await budgets(fabric, scope)
        if one.window == datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
    ]
    return Capacity(skills, sorted(rows, key=lambda row: (-row.expected, row.limit)))


def loads(days: Iterable[Used]) -> list[Load]:
    """Sum the hours of all bots by skill, because they share its queue."""
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    for one in days:
        for name, number in one.tally.figures.hours.items():
            skill, hour, _ = parts(name)
            place = (one.day, hour)
            sums[skill].deliveries += number
            sums[skill].hours[place] = sums[skill].hours.get(place, 0) + number
        for name, milliseconds in one.tally.figures.busy_ms.items():
            skill, hour = parts(name)
            place = (one.day, hour)
            sums[skill].milliseconds += milliseconds
            sums[skill].busy[place] = sums[skill].busy.get(place, 0) + milliseconds
    rows = [_load(skill, one) for skill, one in sums.items()]
    return sorted(rows, key=lambda row: (-row.utilisation, row.skill))


def _load(skill: str, one: _Sum) -> Load:
    place = max(one.hours, key=lambda hour: (one.hours[hour], hour))
    first, last = min(one.hours), max(one.hours)
    span = max(1.0, (_hour(last) - _hour(first)).total_seconds() / HOUR_SECONDS + 1)
    service = one.milliseconds / 1000 / one.deliveries
    room = HOUR_SECONDS * CONVERSATIONS_AT_ONCE
    taken = one.busy.get(place, 0) / 1000 / room
    return Load(
        skill=skill,
        deliveries=one.deliveries,
        mean=round(one.deliveries / span, 2),
        busiest=one.hours[place],
        at=f"{place[0]} {place[1]}:00",
        service=round(service, 3),
        utilisation=round(taken, 4),
        limit=round(room / service, 1) if service else 0.0,
    )


def _hour(place: tuple[str, str]) -> datetime:
    return datetime.fromisoformat(f"{place[0]}T{place[1]}:00:00+00:00")


def forecast(limit: str, unit: str, share: float, now: float) -> Forecast:
    """Go on with what was spent since the month began."""
    moment = datetime.fromtimestamp(now, UTC)
    begin = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (begin + timedelta(days=32)).replace(day=1)
    passed = max((moment - begin) / (end - begin), 1e-6)
    expected = share / passed
    ends = ""
    if share >= 1:
        ends = moment.date().isoformat()
    elif expected > 1:
        ends = (begin + (end - begin) * (passed / share)).date().isoformat()
    return Forecast(limit, unit, share, round(expected, 4), ends)
