"""The audit over HTTP."""

from dataclasses import dataclass
from typing import Any

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_period
from shared.governance.roles import Role

LISTED = 1000


@dataclass(frozen=True, slots=True)
class Entries:
    """The newest `LISTED` of `total`, the oldest of them first."""

    entries: list[dict[str, Any]]
    total: int


@operator_route("GET", "ops/audit", least=Role.AUDITOR)
async def audit(ask: Ask) -> Entries:
    from shared.operations.reports import audit as reports

    chosen = {name: ask.text(name) for name in reports.EXACT}
    wanted = reports.Wanted(**chosen, period=asked_period(ask), departments=ask.departments)
    found = [entry.to_json() async for entry in reports.entries(ask.fabric, wanted)]
    return Entries(found[-LISTED:], len(found))
