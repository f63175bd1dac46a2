"""All rules at this moment: what each finds, and which could not be asked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.errors import FabricError
from shared.fabric import Fabric
from shared.observability import log
from shared.operations.reports.alarms import upkeep, work
from shared.operations.reports.alarms.alarm import Alarm, Rule
from shared.operations.reports.alarms.work import HISTORY_DAYS, WAITING_SECONDS, Hours
from shared.operations.reports.days import used
from shared.operations.reports.owners import departed_owners
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.records import acceptance
from shared.records.acceptance import OVERDUE_SECONDS, Acceptance

MAX_LATE = 1000
"""Messages that wait, of which the alarm counts so many at most."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """`unknown` are the rules that could not be asked: of them nothing begins or ends."""

    alarms: Sequence[Alarm]
    unknown: frozenset[Rule] = frozenset()


async def evaluate(fabric: Fabric, now: float) -> Evaluated:
    found: list[Alarm] = [
        *upkeep.policy(fabric.bots, fabric.breaches),
        *upkeep.ending([end async for end in upkeep.ends(fabric)], now),
    ]
    unknown: set[Rule] = set()
    try:
        found += await _of_use(fabric, now)
    except FabricError as error:
        unknown |= {Rule.DEAD_LETTERS, Rule.ERRORS, Rule.BREAKER, Rule.SILENT, Rule.ORPHAN}
        log.warning("alerts.unknown", reason=type(error).__name__)
    try:
        found += work.messages_wait(fabric.bots, await _late(fabric, now), now)
    except FabricError as error:
        unknown |= {Rule.MESSAGES_WAIT}
        log.warning("alerts.unknown", reason=type(error).__name__)
    return Evaluated(found, frozenset(unknown))


async def _of_use(fabric: Fabric, now: float) -> list[Alarm]:
    days = await used(fabric, Scope(), Period(_midnight(now - HISTORY_DAYS * 86_400)))
    hours, today = Hours.of(days), datetime.fromtimestamp(now, UTC).date().isoformat()
    here = {**fabric.bots, **fabric.elsewhere}
    return [
        *work.dead_letters(fabric.bots, hours, now),
        *work.errors(fabric.bots, hours, now),
        *work.breakers(fabric.bots, hours, await _open_here(fabric), now),
        *work.silent(fabric.bots, hours, now),
        *upkeep.orphans(
            here, fabric.departments, (one.bot for one in days if one.day == today and one.bot)
        ),
        *upkeep.departed(fabric.bots, await departed_owners(fabric)),
    ]


async def _open_here(fabric: Fabric) -> dict[str, str]:
    names = list(fabric.backends)
    found = await asyncio.gather(*(fabric.backends[name].check() for name in names))
    return {name: why for name, why in zip(names, found, strict=True) if why}


async def _late(fabric: Fabric, now: float) -> list[tuple[str, Acceptance]]:
    """Those that are late by the books; `due` is a while after they came in."""
    due = now - WAITING_SECONDS + OVERDUE_SECONDS
    items = await fabric.store.find(None, acceptance.PREFIX, due_by=due, limit=MAX_LATE)
    return [(item.partition, Acceptance.from_item(item)) for item in items]


def _midnight(at: float) -> float:
    day = datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.timestamp()
