"""Owners who have left: their bots are named, and paused by the day that the policy says.

A rule of `policy.toml` demands it, `in_directory = true`. What cannot be asked changes nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from shared.errors import Conflict, Unavailable
from shared.fabric import Fabric
from shared.governance.audit import Operator
from shared.governance.policy import ERROR, Policy, Rule, value
from shared.manifest.policy import load_policy
from shared.observability import log
from shared.operations.deeds.switches import switch
from shared.operations.reports.owners import departed_owners
from shared.records.departed import DEPARTED, Departed

POLICY = Operator("policy.toml", "watch")
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Owned:
    """A bot whose owner has to be in the directory, by a rule from which it may be excepted."""

    bot: str
    owner: str
    rule: Rule
    excepted: bool


def owned(policy: Policy, bots: Mapping[str, dict[str, Any]], now: float) -> Iterator[Owned]:
    """Every bot that such a rule concerns, with whom it names."""
    today = datetime.fromtimestamp(now, UTC).date()
    for rule in policy.rules:
        for bot, manifest in bots.items():
            owner = value(manifest, rule.key)
            if rule.in_directory and rule.concerns(manifest) and isinstance(owner, str) and owner:
                yield Owned(bot, owner, rule, policy.excepts(rule.id, bot, today))


def plan(stored: Departed | None, one: Owned, *, there: bool, now: float) -> Departed | None:
    """What is to be kept of a bot's owner; None for nothing.

    Another owner begins anew; within an exception nothing is paused.
    """
    if there or one.excepted:
        return None
    begun = stored if stored and stored.owner == one.owner else None
    since = begun.since if begun else now
    enforced = one.rule.severity_on(datetime.fromtimestamp(now, UTC).date()) == ERROR
    pauses = since + one.rule.grace_days * DAY_SECONDS if enforced else 0.0
    kept = begun or Departed(one.bot, one.owner, since, etag=stored.etag if stored else "")
    paused = stored.paused if stored else False
    return replace(kept, pauses=pauses, paused=paused)


async def see_to_owners(fabric: Fabric, now: float) -> None:
    """Ask for every owner, note who has left, pause and let go on."""
    if not fabric.settings.has_directory:
        return
    policy = load_policy(fabric.settings.policy_file)
    manifests = {id: asdict(bot) for id, bot in fabric.bots.items()}
    stored = {one.bot: one for one in await departed_owners(fabric)}
    asked = set[str]()
    for one in owned(policy, manifests, now):
        asked.add(one.bot)
        try:
            there = await fabric.people.members.has(one.owner)
        except Unavailable as error:
            log.warning("owner.unknown", bot=one.bot, reason=str(error))
            continue
        with suppress(Conflict):  # another process sees to it at this moment
            before = stored.get(one.bot)
            await _follow(fabric, before, plan(before, one, there=there, now=now), now)
    for bot, before in stored.items():
        if bot not in asked:  # no rule demands it any more
            with suppress(Conflict):
                await _follow(fabric, before, None, now)


async def _follow(
    fabric: Fabric, before: Departed | None, after: Departed | None, now: float
) -> None:
    """Write it down, then do it: who has written it does it."""
    if after is None:
        if before is not None:
            await fabric.store.write(DEPARTED, before.end())
            log.info("owner.back", bot=before.bot)
            if before.paused and before.bot in fabric.bots:
                await switch(fabric, POLICY, "start", "bot", before.bot)
        return
    if after.is_due(now):
        if ("bot", after.bot) in await fabric.switches.read():
            return  # an operator has stopped it, and says when it goes on
        await fabric.store.write(DEPARTED, after.was_paused().to_op())
        log.warning("owner.departed", bot=after.bot, paused=True)
        await switch(fabric, POLICY, "stop", "bot", after.bot)
    elif after != before:
        await fabric.store.write(DEPARTED, after.to_op())
        log.warning("owner.departed", bot=after.bot, paused=after.paused)
