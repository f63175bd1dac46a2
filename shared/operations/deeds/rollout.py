"""Give a share of the conversations another version of a skill or a bot; promote, roll back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from secrets import token_hex
from time import time

from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.governance.audit import Operator
from shared.governance.limits.rollouts import Rollout, of_bot
from shared.migration import FIRST_VERSION
from shared.operations.deeds.record import on_record
from shared.pipeline.turns.trial import stop_rollout


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
    """Set the share of a skill's version, on record. Turns that run finish on their version.

    With `stop_above` the share is taken back when a larger part of the version's turns fails.
    Raises PermanentError for a skill, a version or a bot that is not there.
    """
    if skill not in fabric.skills:
        raise PermanentError("no_such_skill", f"there is no skill {skill!r}")
    _check_version(skill, version, fabric.versions.get(skill, {}))
    if unknown := [bot for bot in bots if bot not in fabric.bots]:
        raise PermanentError("no_such_bot", f"there is no bot {unknown[0]!r}")
    made = Rollout(skill, version, share, "", tuple(bots), reason=reason, stop_above=stop_above)
    return await _set(fabric, who, made)


async def roll_out_manifest(
    fabric: Fabric,
    who: Operator,
    bot: str,
    version: str,
    share: float,
    *,
    reason: str,
    stop_above: float = 0.0,
) -> Rollout:
    """The same for a version of a bot's manifest; why stands beside it.

    Raises PermanentError for a bot or a version that is not there, or without a reason.
    """
    if bot not in fabric.bots:
        raise PermanentError("no_such_bot", f"there is no bot {bot!r}")
    _check_version(bot, version, fabric.manifests.get(bot, {}))
    if not reason.strip():
        raise PermanentError("no_reason", "what a bot says changes with a reason; write it")
    made = Rollout("", version, share, "", reason=reason, stop_above=stop_above, bot=bot)
    return await _set(fabric, who, made)


async def stop_below_floor(fabric: Fabric, name: str, version: str, reason: str) -> bool:
    """Take the share of a version back whose cases fall below a floor; whether it had one.

    `name` is a skill's, else a bot's.
    """
    subject = name if name in fabric.skills else of_bot(name)
    rollout = (await fabric.rollouts.read()).get(subject)
    if rollout is None or rollout.version != version or not rollout.share:
        return False
    return await stop_rollout(fabric, rollout, reason, policy="floor")


def _check_version(name: str, version: str, there: Mapping[str, object]) -> None:
    if not there or version not in {FIRST_VERSION, *there}:
        known = ", ".join(sorted({FIRST_VERSION, *there})) if there else "only one"
        raise PermanentError("no_such_version", f"{name} has no {version}; it has {known}")


async def _set(fabric: Fabric, who: Operator, made: Rollout) -> Rollout:
    """Keep the salt while the version stays, so that who is in stays in."""
    before = (await fabric.rollouts.read()).get(made.subject)
    now = round(time(), 3)
    rollout = replace(made, salt=token_hex(8), by=who.name, at=now, began=now)
    if before and before.version == made.version:
        rollout = replace(rollout, salt=before.salt, began=before.began)
    target = {**made.target, "share": f"{made.share:.4g}"}
    if not made.bot:
        target["bots"] = ",".join(made.bots)
    if made.stop_above:
        target["stop_above"] = f"{made.stop_above:.4g}"
    await on_record(
        fabric, who, "rollout", target, lambda: fabric.rollouts.set(rollout), purpose=made.reason
    )
    return rollout
