"""What the kill switch holds back, and what it could."""

from datetime import UTC, datetime
from typing import Any

from shared.fabric import Fabric
from shared.governance.limits.switches import KINDS


async def kinds(fabric: Fabric, name: str) -> list[str]:
    """What a name can be to the kill switch: a bot or a skill that is there, or stopped still.

    Raises Unavailable.
    """
    known = {"bot": fabric.bots, "skill": fabric.skills}
    stopped = await fabric.switches.read()
    return [kind for kind in KINDS if name in known[kind] or (kind, name) in stopped]


async def stopped(fabric: Fabric) -> list[dict[str, Any]]:
    """What is stopped, as the store says now: kind, name, since. Raises Unavailable."""
    return [
        {"kind": kind, "name": name, "since": datetime.fromtimestamp(at, UTC).isoformat()}
        for (kind, name), at in (await fabric.switches.read()).items()
    ]
