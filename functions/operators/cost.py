"""What the bots cost, over HTTP."""

from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_period, asked_scope
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.reports.cost import Cost


@operator_route("GET", "ops/cost", least=Role.AUDITOR)
async def cost(ask: Ask) -> "Cost":
    from shared.operations.reports import cost as reports

    return await reports.cost(ask.fabric, asked_scope(ask), asked_period(ask))
