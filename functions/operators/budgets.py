"""What may be spent and what is, over HTTP."""

from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_scope
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.reports.budgets import Budget


@operator_route("GET", "ops/budgets", least=Role.AUDITOR)
async def budgets(ask: Ask) -> "list[Budget]":
    from shared.operations.reports import budgets as reports

    return await reports.budgets(ask.fabric, asked_scope(ask))
