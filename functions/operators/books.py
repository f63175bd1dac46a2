"""The books over HTTP."""

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_scope
from shared.governance.roles import Role


@operator_route("GET", "ops/books", least=Role.AUDITOR)
async def books(ask: Ask) -> dict[str, int]:
    from shared.operations.reports import books as reports

    return await reports.books(ask.fabric, asked_scope(ask))
