"""What works and what does not, line by line, for operators; anybody gets the verdict only."""

from typing import Any

from functions.operator import Ask, operator_route
from functions.platform.health import desk
from shared.governance.roles import Role


@operator_route("GET", "ops/health", least=Role.AUDITOR)
async def show(ask: Ask) -> dict[str, Any]:
    return await desk(ask.fabric).report()
