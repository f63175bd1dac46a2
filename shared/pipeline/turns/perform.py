"""One turn: load the conversation, run the handler, commit what it recorded in one write.

The `seen` marker is create-only, so whatever is delivered twice commits once; the etag of the
conversation sees to it that nobody's change is lost.
"""

from contextlib import nullcontext
from typing import Any

from shared.activity import Activity
from shared.bot import Bot
from shared.errors import (
    ApprovalNeeded,
    Conflict,
    PermanentError,
    Refused,
    Rejected,
    SignInNeeded,
    TransientError,
    UnknownBot,
)
from shared.event import ACTIVITY, Event
from shared.fabric import Fabric
from shared.governance.limits import budget, quota
from shared.observability import meter
from shared.pipeline.turns import overlap, signing_in
from shared.pipeline.turns.closing import close_copy
from shared.pipeline.turns.commit import Outcome, commit, question_of
from shared.pipeline.turns.instead import say_instead
from shared.pipeline.turns.manifest import manifest_for
from shared.pipeline.turns.order import in_order
from shared.pipeline.turns.overlap import Burst
from shared.pipeline.turns.run import run
from shared.pipeline.turns.turn_of import turn_of
from shared.pipeline.turns.version import version_for
from shared.ports.store import Item
from shared.records.acceptance import numbered
from shared.records.conversation import DOCUMENT, MAX_CONFLICTS, Conversation, load
from shared.records.seen import seen_id
from shared.skill import Skill

ASKED_TYPES = frozenset({"message", "invoke", "event"})
"""Activities by which a person asks for a turn; the others tell what has happened."""


async def perform(
    fabric: Fabric,
    skill: Skill,
    event: Event,
    *,
    known: bool = True,
    direct: bool = False,
    collect: bool = False,
) -> Outcome | None:
    """Load, run, commit. None when this event was committed before.

    Without `known` that is not looked up first; the commit finds out all the same.

    `direct` when somebody waits for the answer: no queue order, and what was committed before
    is told again. `collect` returns replies and hand-off instead of putting them into the
    outbox. Raises Conflict when another turn of the conversation committed in between:
    nothing happened, run it again. Mere bookkeeping in between, such as a later message that
    was parked, does not cost another run of the handler.
    """
    store, key = fabric.store, event.conversation
    if event.is_ticket:
        if await store.get(key, seen_id(event.id)) is None:
            raise PermanentError("claim_lost", "the blob with the body of the event is gone")
        return None
    if direct or event.type != ACTIVITY:
        conversation = await load(store, event)
    else:
        conversation = await in_order(fabric, skill, event, known=known)
        event = await numbered(store, event, conversation.row)
    if known and (seen := await store.get(key, seen_id(event.id))) is not None:
        return await _handled_before(fabric, event, seen, direct=direct)
    bot = fabric.bots.get(event.bot)
    if bot is None:
        raise UnknownBot(event.bot)
    burst = await _admitted(fabric, bot, conversation, event, direct=direct)
    if burst is None:
        return None
    event = burst.event
    before = conversation.content
    manifest, bot = await manifest_for(fabric, bot, key, conversation)
    skill = await version_for(fabric, skill, conversation, bot.id)
    work = meter.current()
    work.manifest = manifest
    work.bot, work.department, work.version = bot.id, bot.department, skill.version
    work.tools.clear()
    turn = turn_of(fabric, bot, skill, conversation, event)
    try:
        asked = turn.activity.type in ASKED_TYPES and not conversation.muted
        asked = asked and not signing_in.has_arrived(turn.activity)
        await quota.take(store, bot, conversation.reference, event, by_person=asked)
        async with nullcontext() if direct else fabric.bulkheads.enter(bot, skill):
            answer = await run(fabric, turn, conversation, direct=direct)
    except (Refused, SignInNeeded, ApprovalNeeded) as refusal:
        conversation = await load(store, event)
        event = event if direct else await numbered(store, event, conversation.row)
        before = conversation.content
        turn = turn_of(fabric, bot, skill, conversation, event)
        answer = await say_instead(fabric, turn, conversation, refusal)
    for _ in range(MAX_CONFLICTS):
        try:
            conversation.went_by(manifest)
            return await commit(fabric, conversation, turn, answer, burst, collect=collect)
        except Conflict as conflict:
            fresh = await load(store, event)
            if conflict.id != DOCUMENT or fresh.content != before:
                raise
            conversation = fresh
            if not direct:  # the door may have noted it meanwhile
                turn.event = await numbered(store, event, fresh.row)
    raise TransientError("others keep changing the conversation")


async def _admitted(
    fabric: Fabric, bot: Bot, conversation: Conversation, event: Event, *, direct: bool
) -> Burst | None:
    """Hold the conversation to its turns a minute; take along what waits, or leave it to that.

    What Teams waits for is not held up, what a program waits for is.
    """
    if not direct or conversation.reference.channel == "api":
        await budget.hold(fabric.store, bot, conversation, event)
    return Burst(event) if direct else await overlap.gather(fabric, bot, conversation, event)


async def _handled_before(
    fabric: Fabric, event: Event, seen: Item, *, direct: bool
) -> Outcome | None:
    """Return what was answered, for who waits for it; else leave it to the turn that was first."""
    if direct:
        return _recalled(seen.body, event)
    await close_copy(fabric, event, seen)
    return None


def _recalled(body: dict[str, Any], event: Event) -> Outcome:
    """What was answered before. Raises Rejected 409 when another question was."""
    if body.get("asked", question_of(event)) != question_of(event):
        raise Rejected(409, "id_of_another_call")
    handed = body.get("handed")
    return Outcome(
        (),
        [Activity(reply) for reply in body.get("activities", ())],
        Event.from_dict(handed) if handed else None,
        body.get("handed_to", ""),
        body.get("answer"),
    )
