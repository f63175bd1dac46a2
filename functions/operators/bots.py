"""The registry of bots, over HTTP."""

from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_scope
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.reports.registry import Registry


@operator_route("GET", "ops/bots", least=Role.AUDITOR)
async def bots(ask: Ask) -> "Registry":
    """Answer with the bots, `bot` and `department` narrow them."""
    from shared.operations.reports import registry

    scope = asked_scope(ask)
    found = await registry.registry(ask.fabric, ask.departments)
    return registry.Registry([one for one in found.bots if scope.covers(one.bot, one.department)])
