"""Which bots are used, over HTTP."""

from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_period, asked_scope
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.reports.usage import Usage


@operator_route("GET", "ops/usage", least=Role.AUDITOR)
async def usage(ask: Ask) -> "Usage":
    from shared.operations.reports import usage as reports

    return await reports.usage(ask.fabric, asked_scope(ask), asked_period(ask))
