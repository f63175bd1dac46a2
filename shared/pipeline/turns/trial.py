"""How a turn of a skill or bot in several versions went, and the end of a rollout that fails."""

from collections.abc import Iterator
from contextlib import suppress

from shared.errors import TransientError
from shared.fabric import Fabric
from shared.governance import audit
from shared.governance.audit import Operator
from shared.governance.limits.rollouts import Rollout, of_bot
from shared.governance.limits.trials import too_many
from shared.observability import log
from shared.observability.meter import current

GUARD = Operator("bot-fabric", "platform")
"""Who stops a rollout when nobody is asked."""


async def count_turn(fabric: Fabric, skill: str, *, failed: bool) -> None:
    """Count it for its versions; what has one version, or is not rolled out, costs nothing.

    The count is no part of the turn: where it cannot be kept the turn goes on without.
    """
    for subject, version in _versions(fabric, skill):
        if rollout := (await fabric.rollouts.current()).get(subject):
            with suppress(TransientError):
                await _count(fabric, rollout, version, failed=failed)


def _versions(fabric: Fabric, skill: str) -> Iterator[tuple[str, str]]:
    """What of the turn exists in several versions, and which one it had; nothing when unknown."""
    work = current()
    if skill in fabric.versions and work.version:
        yield skill, work.version
    if work.bot in fabric.manifests and work.manifest:
        yield of_bot(work.bot), work.manifest


async def _count(fabric: Fabric, rollout: Rollout, version: str, *, failed: bool) -> None:
    if not failed:
        await fabric.trials.done(rollout, version)
        return
    tally = await fabric.trials.failed(rollout, version)
    if too_many(rollout, version, tally):
        turns = tally.done + tally.failed
        reason = f"{tally.failed} of {turns} turns failed, more than {rollout.stop_above:.4g}"
        await stop_rollout(fabric, rollout, reason, policy="stop_above")


async def stop_rollout(fabric: Fabric, rollout: Rollout, reason: str, *, policy: str) -> bool:
    """Take its share back, on record, unless somebody changed it meanwhile; whether it was done."""
    if not await fabric.rollouts.stop(rollout, GUARD.name, reason):
        return False
    log.error("rollout.stopped", subject=rollout.subject, version=rollout.version, policy=policy)
    bot = fabric.bots.get(rollout.bot)
    await fabric.audit.record(
        GUARD,
        "rollout",
        {**rollout.target, "share": "0"},
        audit.DONE,
        purpose=reason,
        policy=policy,
        bot=rollout.bot,
        department=bot.department if bot else "",
    )
    return True
