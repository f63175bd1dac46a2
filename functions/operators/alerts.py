"""What has gone wrong and lasts, over HTTP."""

from dataclasses import dataclass

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_scope
from shared.governance.roles import Role
from shared.operations.reports import alerts as reports


@dataclass(frozen=True, slots=True)
class Alerts:
    alerts: list[reports.Lasting]


@operator_route("GET", "ops/alerts", least=Role.AUDITOR)
async def alerts(ask: Ask) -> Alerts:
    return Alerts(await reports.alerts(ask.fabric, asked_scope(ask)))
