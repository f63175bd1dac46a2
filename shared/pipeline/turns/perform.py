"""One turn: load the conversation, run the handler, commit what it recorded in one write.

The `seen` marker is create-only, so whatever is delivered twice commits once; the etag of the
conversation sees to it that nobody's change is lost.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import partial
from time import time
from typing import Any, TypeVar

from shared.activity import FILE_CONSENT, Activity, ConversationReference
from shared.bot import Bot
from shared.dialogue.addressee import addressee
from shared.dialogue.language import spoken
from shared.dialogue.phrases import phrase
from shared.errors import (
    ApprovalNeeded,
    Conflict,
    NotDeclared,
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
from shared.pipeline.turns import approving, delegating, overlap, readable, signing_in
from shared.pipeline.turns.asker import Asker
from shared.pipeline.turns.closing import close_copy
from shared.pipeline.turns.commit import Outcome, commit, question_of
from shared.pipeline.turns.manifest import manifest_for
from shared.pipeline.turns.order import in_order
from shared.pipeline.turns.overlap import Burst
from shared.pipeline.turns.still_working import still_working
from shared.pipeline.turns.suspicious import tell_if_suspicious, tell_of_what_is_read
from shared.pipeline.turns.typing_indicator import typing
from shared.pipeline.turns.version import version_for
from shared.pipeline.turns.voice import hear
from shared.ports.store import Item
from shared.records.acceptance import numbered
from shared.records.conversation import (
    DOCUMENT,
    MAX_CONFLICTS,
    Conversation,
    load,
)
from shared.records.seen import seen_id
from shared.skill import Handler, Skill
from shared.turn import Turn

R = TypeVar("R")

TURN_SECONDS = 240.0
"""Time a handler has: less than the host renews the message's lock for (host.json)."""

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
    turn = _turn(fabric, bot, skill, conversation, event)
    try:
        asked = turn.activity.type in ASKED_TYPES and not conversation.muted
        asked = asked and not signing_in.has_arrived(turn.activity)
        await quota.take(store, bot, conversation.reference, event, by_person=asked)
        async with nullcontext() if direct else fabric.bulkheads.enter(bot, skill):
            answer = await _run(fabric, turn, conversation, direct=direct)
    except (Refused, SignInNeeded, ApprovalNeeded) as refusal:
        conversation = await load(store, event)
        event = event if direct else await numbered(store, event, conversation.row)
        before = conversation.content
        turn = _turn(fabric, bot, skill, conversation, event)
        answer = await _instead(fabric, turn, conversation, refusal)
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


def _turn(fabric: Fabric, bot: Bot, skill: Skill, conversation: Conversation, event: Event) -> Turn:
    if event.type == ACTIVITY:
        activity = Activity(event.data["activity"])
    else:
        activity = Activity(type="event", name=event.type)
    asker = _asker(fabric, bot, skill, conversation.reference)
    person = quota.counted_person(conversation.reference)
    return Turn(
        bot=bot,
        skill=skill,
        reference=conversation.reference,
        event=event,
        activity=activity,
        state=conversation.state_for(skill.name, skill.version, skill.migrations),
        skills=[fabric.skills[name] for name in bot.skills],
        ai=fabric.ai.assistant(bot, person),
        knowledge=fabric.ai.knowledge_for(bot, asker, person),
        now=round(time(), 3),
        floor=conversation.floor,
        language=spoken(bot, conversation, event),
        about=conversation.about,
        muted=conversation.muted,
        backends=fabric.backends_for(bot, asker),
        locate=partial(fabric.locate, conversation.reference),
        delegate=partial(delegating.token, fabric, bot, conversation.reference, event),
        senses=partial(fabric.ai.senses_for, bot),
    )


def _asker(fabric: Fabric, bot: Bot, skill: Skill, reference: ConversationReference) -> Asker:
    return Asker(fabric.store, fabric.audit, reference, bot, skill)


async def _called(fabric: Fabric, turn: Turn, handler: Callable[[Turn], Awaitable[R]]) -> R:
    """Call a handler; that it called a skill which the bot does not list goes on record."""
    try:
        return await handler(turn)
    except NotDeclared as error:
        asker = _asker(fabric, turn.bot, turn.skill, turn.reference)
        await asker.denied_skill(error.skill)
        raise


async def _run(
    fabric: Fabric, turn: Turn, conversation: Conversation, *, direct: bool
) -> dict[str, Any] | None:
    """Call the handler, or hand the activity on when it is another skill's.

    Returns the body of an `invoke`. A lane may have brought the activity to this queue only
    for the sake of order, so its addressee is looked up again.
    """
    activity, skill = turn.activity, turn.skill
    tell_of_what_is_read(turn)
    if await _took(fabric, turn, conversation):
        return None
    handler: Handler | None
    if turn.event.type != ACTIVITY:
        handler = skill.events.get(turn.event.type)
    elif activity.type == "invoke" and await _took_consent(fabric, turn):
        return None
    elif activity.type == "invoke":
        return await _called(fabric, turn, skill.invokes[activity.name])
    else:
        if turn.event.hops == 0 and not direct:
            target = addressee(turn.bot, activity, turn.skills, turn.floor, muted=turn.muted)
            if target != skill.name:
                turn.handed_to = target
                return None
        handler = skill.message if activity.is_message else skill.activities.get(activity.type)
    if handler is None:
        return None
    try:
        async with (
            asyncio.timeout(TURN_SECONDS) as limit,
            typing(fabric, turn, shown=not direct),
            still_working(fabric, turn, shown=not direct),
        ):
            if not direct:
                await hear(turn, conversation)
            if activity.is_message and turn.event.hops == 0:
                tell_if_suspicious(turn)
            await _called(fabric, turn, handler)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TransientError(f"skill {skill.name} took over {TURN_SECONDS:.0f} s") from error
    return None


async def _took(fabric: Fabric, turn: Turn, conversation: Conversation) -> bool:
    """Whether it was about the platform's own, and is dealt with."""
    return (
        await signing_in.took(fabric, turn, conversation)
        or await readable.took(turn)
        or await approving.took(fabric, turn)
    )


async def _took_consent(fabric: Fabric, turn: Turn) -> bool:
    """Whether it answers a file that was offered; what deals with that is met only then."""
    if turn.activity.name != FILE_CONSENT or FILE_CONSENT in turn.skill.invokes:
        return False
    from shared.pipeline.turns.consent import took

    return await took(fabric, turn)


async def _instead(
    fabric: Fabric,
    turn: Turn,
    conversation: Conversation,
    refusal: Refused | SignInNeeded | ApprovalNeeded,
) -> dict[str, Any] | None:
    """Say why not, or what is asked first; what the handler recorded is forgotten."""
    if isinstance(refusal, Refused):
        said = phrase(turn.language, refusal.phrase) if refusal.phrase else refusal.text
        return _refusal(turn, said)
    if isinstance(refusal, ApprovalNeeded):
        said = await approving.ask(fabric, turn, conversation, refusal)
        return _refusal(turn, said) if said else None
    if turn.activity.type == "invoke":
        return _refusal(turn, phrase(turn.language, "signin.first"))
    await signing_in.offer(fabric, turn, conversation)
    return None


def _refusal(turn: Turn, text: str) -> dict[str, Any] | None:
    """Say why not, where the person looks: in the answer to a card, else in the chat."""
    if turn.activity.type != "invoke":
        turn.reply(text)
        return None
    return {
        "statusCode": 200,
        "type": "application/vnd.microsoft.activity.message",
        "value": text,
    }
