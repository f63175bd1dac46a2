"""What has gone wrong and lasts, over HTTP."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_scope
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.reports.alerts import Lasting


@dataclass(frozen=True, slots=True)
class Alerts:
    alerts: "list[Lasting]"


@operator_route("GET", "ops/alerts", least=Role.AUDITOR)
async def alerts(ask: Ask) -> Alerts:
    from shared.operations.reports import alerts as reports

    return Alerts(await reports.alerts(ask.fabric, asked_scope(ask)))
