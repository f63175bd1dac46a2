"""Versions of a skill or a bot beside each other: how much, how dear, how fast, how sound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.governance.limits.rollouts import Rollout
from shared.governance.limits.trials import Tally
from shared.migration import FIRST_VERSION
from shared.operations.reports.cost import priced
from shared.operations.reports.days import used_in
from shared.operations.reports.entries import entries
from shared.operations.reports.figures import percentile
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope, turns
from shared.records.daily import PERSON_SKILL


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """What one version did since its rollout began. Latencies in seconds.

    `handed_over` are conversations that it handed to a person; `failed` of `tried` turns failed
    at their first delivery, in all departments. `usd` leaves out the `unpriced` meters.
    """

    version: str
    conversations: int
    turns: int
    replies: int
    handed_over: int
    turn_p50: float
    turn_p95: float
    usd: float
    usd_per_1000_turns: float
    unpriced: int
    failed: int
    tried: int
    error_rate: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One rollout as it is now; without one the share is 0 and `by` is "".

    It is of a `skill`, or of the manifest of a `bot`.
    """

    skill: str
    bot: str
    version: str
    share: float
    bots: Sequence[str]
    stop_above: float
    by: str
    reason: str
    at: float
    began: float
    versions: list[VersionFigures]


@dataclass(slots=True)
class _Count:
    conversations: set[str] = field(default_factory=set)
    handed: set[str] = field(default_factory=set)
    replies: int = 0
    seconds: list[float] = field(default_factory=list)


async def compare(fabric: Fabric, scope: Scope, skill: str) -> Comparison:
    """Raises PermanentError for a skill that is not there, Unavailable without the store."""
    if skill not in fabric.skills:
        raise PermanentError("no_such_skill", f"there is no skill {skill!r}")
    versions = sorted({FIRST_VERSION, *fabric.versions.get(skill, {})})
    scopes = {one: replace(scope, skill=skill, version=one) for one in versions}
    return await _compare(fabric, Rollout(skill, FIRST_VERSION, 0.0, ""), scopes)


async def compare_manifests(fabric: Fabric, scope: Scope, bot: str) -> Comparison:
    """Raises PermanentError for a bot that is not there, Unavailable without the store."""
    if bot not in fabric.bots:
        raise PermanentError("no_such_bot", f"there is no bot {bot!r}")
    versions = sorted({FIRST_VERSION, *fabric.manifests.get(bot, {})})
    scopes = {one: replace(scope, bot=bot, manifest=one) for one in versions}
    return await _compare(fabric, Rollout("", FIRST_VERSION, 0.0, "", bot=bot), scopes)


async def _compare(fabric: Fabric, none: Rollout, scopes: Mapping[str, Scope]) -> Comparison:
    """`none` is what there is when nothing is rolled out; `scopes` are by version."""
    rollout = (await fabric.rollouts.read()).get(none.subject, none)
    tallies = await fabric.trials.read(rollout)
    period = Period(since=rollout.began)
    rows = [
        await _figures(fabric, version, scope, period, tallies.get(version, Tally()))
        for version, scope in scopes.items()
    ]
    return Comparison(
        skill=rollout.skill,
        bot=rollout.bot,
        version=rollout.version,
        share=rollout.share,
        bots=rollout.bots,
        stop_above=rollout.stop_above,
        by=rollout.by,
        reason=rollout.reason,
        at=rollout.at,
        began=rollout.began,
        versions=rows,
    )


async def _figures(
    fabric: Fabric, version: str, scope: Scope, period: Period, tally: Tally
) -> VersionFigures:
    count = _Count()
    async for turn in turns(fabric, scope, period):
        count.conversations.add(turn.conversation)
        count.replies += turn.replies
        count.seconds.append(turn.seconds)
        if turn.handed_to == PERSON_SKILL:
            count.handed.add(turn.conversation)
    counted = [entry async for entry in entries(fabric, scope, period)]
    lines = list(priced(fabric.prices, used_in(fabric, counted)))
    usd = float(sum((line.usd or Decimal() for line in lines), Decimal()))
    done = len(count.seconds)
    return VersionFigures(
        version=version,
        conversations=len(count.conversations),
        turns=done,
        replies=count.replies,
        handed_over=len(count.handed),
        turn_p50=percentile(count.seconds, 0.5),
        turn_p95=percentile(count.seconds, 0.95),
        usd=round(usd, 6),
        usd_per_1000_turns=round(usd * 1000 / done, 4) if done else 0.0,
        unpriced=len({line.meter for line in lines if line.price is None}),
        failed=tally.failed,
        tried=tally.done + tally.failed,
        error_rate=round(tally.error_rate, 4),
    )
