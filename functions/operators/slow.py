"""Which systems and models people wait for, over HTTP."""

from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_period, asked_scope
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.reports.slow import Integration


@operator_route("GET", "ops/slow", least=Role.AUDITOR)
async def slow(ask: Ask) -> "list[Integration]":
    from shared.operations.reports import slow as reports

    return await reports.slow(ask.fabric, asked_scope(ask), asked_period(ask))
