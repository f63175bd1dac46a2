"""The registry of bots, over HTTP."""

from functions.operator import Ask, operator_route
from shared.governance.roles import Role
from shared.operations.reports import registry
from shared.operations.reports.registry import Registry


@operator_route("GET", "ops/bots", least=Role.AUDITOR)
async def bots(ask: Ask) -> Registry:
    return await registry.registry(ask.fabric, ask.departments)
