"""How a turn of a skill in several versions went, and the end of a rollout that fails too often."""

from contextlib import suppress

from shared.errors import TransientError
from shared.fabric import Fabric
from shared.governance import audit
from shared.governance.audit import Operator
from shared.governance.limits.rollouts import Rollout
from shared.governance.limits.trials import Tally, too_many
from shared.observability import log
from shared.observability.meter import current

GUARD = Operator("bot-fabric", "platform")
"""Who stops a rollout when nobody is asked."""


async def count_turn(fabric: Fabric, skill: str, *, failed: bool) -> None:
    """Count it for its version; a skill in one version, or one not rolled out, costs nothing.

    The count is no part of the turn: where it cannot be kept the turn goes on without.
    """
    version = current().version
    if skill not in fabric.versions or not version:
        return
    rollout = (await fabric.rollouts.current()).get(skill)
    if rollout is None:
        return
    with suppress(TransientError):
        if not failed:
            await fabric.trials.done(rollout, version)
            return
        tally = await fabric.trials.failed(rollout, version)
        if too_many(rollout, version, tally):
            await _stop(fabric, rollout, tally)


async def _stop(fabric: Fabric, rollout: Rollout, tally: Tally) -> None:
    turns = tally.done + tally.failed
    reason = f"{tally.failed} of {turns} turns failed, more than {rollout.stop_above:.4g}"
    if not await fabric.rollouts.stop(rollout, GUARD.name, reason):
        return
    log.error(
        "rollout.stopped",
        skill=rollout.skill,
        version=rollout.version,
        failed=tally.failed,
        turns=turns,
    )
    target = {"skill": rollout.skill, "version": rollout.version, "share": "0"}
    await fabric.audit.record(
        GUARD, "rollout", target, audit.DONE, purpose=reason, policy="stop_above"
    )
