"""What may be spent, what is, and what calls under way hold."""

import asyncio
from dataclasses import dataclass
from time import time

from shared.fabric import Fabric
from shared.governance.limits.limit import MICRO, Limit, limits_of
from shared.operations.reports.turns import Scope
from shared.records.spend import Counter


@dataclass(frozen=True, slots=True)
class Budget:
    """One limit in its present window, `most`, `spent` and `held` in `unit`: `tokens` or `usd`.

    `share` of it is taken, `told` are the shares that its owner was alerted of.
    """

    limit: str
    unit: str
    window: str
    most: float
    spent: float
    held: float
    share: float
    told: list[float]


async def budgets(fabric: Fabric, scope: Scope) -> list[Budget]:
    """Read every limit of the scope's bots and departments, the fullest first."""
    now = time()
    limits: dict[tuple[str, str], Limit] = {}
    for bot in fabric.bots.values():
        if scope.takes(bot.id, bot):
            for limit in limits_of(bot, fabric.departments.get(bot.department), now):
                limits[limit.partition, limit.counter] = limit
    rows = await asyncio.gather(*(_budget(fabric, limit, now) for limit in limits.values()))
    return sorted(rows, key=lambda row: (-row.share, row.limit))


async def _budget(fabric: Fabric, limit: Limit, now: float) -> Budget:
    item = await fabric.store.get(limit.partition, limit.counter)
    counter = Counter.from_item(item).swept(now) if item else Counter(limit.counter)
    scale = MICRO if limit.unit == "usd" else 1
    return Budget(
        limit.name,
        limit.unit,
        limit.window,
        limit.most / scale,
        counter.spent / scale,
        (counter.taken - counter.spent) / scale,
        round(counter.taken / limit.most, 4) if limit.most else 1.0,
        list(counter.told_shares),
    )
