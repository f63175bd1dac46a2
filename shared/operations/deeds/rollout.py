"""Give a share of the conversations another version of a skill; promote and roll back alike."""

from collections.abc import Sequence
from dataclasses import replace
from secrets import token_hex
from time import time

from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.governance.audit import Operator
from shared.governance.limits.rollouts import Rollout
from shared.operations.deeds.record import on_record


async def roll_out(
    fabric: Fabric,
    who: Operator,
    skill: str,
    version: str,
    share: float,
    *,
    bots: Sequence[str] = (),
    reason: str = "",
    stop_above: float = 0.0,
) -> Rollout:
    """Set the share, on record. Turns that run finish on their version.

    With `stop_above` the share is taken back when a larger part of the version's turns fails.
    Raises PermanentError for a skill, a version or a bot that is not there.
    """
    versions = fabric.versions.get(skill, {})
    if skill not in fabric.skills:
        raise PermanentError("no_such_skill", f"there is no skill {skill!r}")
    if version not in versions:
        known = ", ".join(sorted(versions)) or "only one"
        raise PermanentError("no_such_version", f"{skill} has no {version}; it has {known}")
    if unknown := [bot for bot in bots if bot not in fabric.bots]:
        raise PermanentError("no_such_bot", f"there is no bot {unknown[0]!r}")
    before = (await fabric.rollouts.read()).get(skill)
    now = round(time(), 3)
    rollout = Rollout(
        *(skill, version, share, token_hex(8), tuple(bots), who.name, reason, now),
        began=now,
        stop_above=stop_above,
    )
    if before and before.version == version:
        rollout = replace(rollout, salt=before.salt, began=before.began)
    target = {"skill": skill, "version": version, "share": f"{share:.4g}", "bots": ",".join(bots)}
    if stop_above:
        target["stop_above"] = f"{stop_above:.4g}"
    await on_record(
        fabric, who, "rollout", target, lambda: fabric.rollouts.set(rollout), purpose=reason
    )
    return rollout
