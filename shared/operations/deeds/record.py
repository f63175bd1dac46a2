"""Deeds of operators, each with an audit entry before it and one after."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared.errors import FabricError, TransientError
from shared.fabric import Fabric
from shared.governance import audit
from shared.governance.audit import Operator
from shared.observability import log


async def on_record(
    fabric: Fabric,
    who: Operator,
    action: str,
    target: Mapping[str, str],
    deed: Callable[[], Awaitable[object]],
    *,
    purpose: str = "",
) -> None:
    """Do it, with an audit entry before and one after; what cannot be recorded is not done."""
    bot = fabric.bots.get(target.get("bot", ""))
    about: dict[str, Any] = {
        "purpose": purpose,
        "policy": "cli" if who.via == "cli" else "access.toml",
        "bot": target.get("bot", ""),
        "department": bot.department if bot else "",
        "conversation": target.get("conversation", ""),
    }
    begun = await fabric.audit.record(who, action, target, audit.BEGUN, **about)

    async def close(outcome: str) -> None:
        try:
            await fabric.audit.record(who, action, target, outcome, of=begun, **about)
        except TransientError as error:
            log.error("audit.unfinished", entry=begun, outcome=outcome, reason=str(error))

    try:
        await deed()
    except FabricError as error:
        await close(f"failed: {error}")
        raise
    await close(audit.DONE)
