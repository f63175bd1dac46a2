"""The registry of bots, over HTTP."""

from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.reports.registry import Registry


@operator_route("GET", "ops/bots", least=Role.AUDITOR)
async def bots(ask: Ask) -> "Registry":
    from shared.operations.reports import registry

    return await registry.registry(ask.fabric, ask.departments)
