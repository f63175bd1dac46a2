"""What a bot is worth beside what it costs, by what its manifest assumes."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.fabric import Fabric
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import usage


@dataclass(frozen=True, slots=True)
class Worth:
    """`resolved` are conversations in which nothing of `solved_unless` happened; `assumed` is what
    each is worth.
    """

    bot: str
    resolved: int
    assumed: float
    worth_usd: float
    cost_usd: float
    solved_unless: list[str]


async def worth(
    fabric: Fabric, scope: Scope, period: Period, costs: Mapping[str, float]
) -> list[Worth]:
    """The bots of the scope that declare `[value] usd_per_resolved`; `costs` in USD by bot."""
    assumed = {
        bot.id: bot.value.usd_per_resolved
        for bot in fabric.bots.values()
        if bot.value.usd_per_resolved is not None and scope.takes(bot.id, bot)
    }
    if not assumed:
        return []  # the transcripts need not be read for it
    rows = []
    for row in (await usage(fabric, scope, period)).bots:
        each = assumed.get(row.bot)
        if each is not None:
            gained = round(row.contained * each, 2)
            usd = costs.get(row.bot, 0.0)
            rows.append(Worth(row.bot, row.contained, each, gained, usd, row.solved_unless))
    return sorted(rows, key=lambda row: (row.cost_usd - row.worth_usd, row.bot))
