"""One turn: load the conversation, run the handler, commit what it recorded in one write.

The `seen` marker is create-only, so whatever is delivered twice commits once; the etag of the
conversation sees to it that nobody's change is lost.
"""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from math import inf
from time import monotonic, time
from typing import Any

from shared import effects, lateness, overlap
from shared.activity import Activity
from shared.bot import Bot
from shared.conversation import (
    DOCUMENT,
    MAX_AGE,
    MAX_CONFLICTS,
    REMEMBERED,
    Conversation,
    addressee,
    load,
)
from shared.errors import Conflict, PermanentError, Refused, TransientError, Waits
from shared.event import ACTIVITY, Event
from shared.fabric import Fabric
from shared.governance import budget
from shared.overlap import Burst
from shared.ports import Create, Op, Put, Store
from shared.queues import skill_queue
from shared.skill import Handler, Skill
from shared.still_working import still_working
from shared.turn import Turn
from shared.typing_indicator import typing

TURN_SECONDS = 240.0
"""Time a handler has: less than the host renews the message's lock for (host.json)."""

QUEUE_PATIENCE = 3.0
"""Seconds that a turn waits in place for an earlier one of its conversation."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a committed turn left to do, or to say when the caller answers itself."""

    effects: Sequence[Create]
    replies: Sequence[Activity] = ()
    handed: Event | None = None
    handed_to: str = ""
    answer: dict[str, Any] | None = None


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
        if await store.get(key, f"seen:{event.id}") is None:
            raise PermanentError("claim_lost", "the blob with the body of the event is gone")
        return None
    if direct or event.type != ACTIVITY:
        conversation = await load(store, event)
    else:
        conversation = await _in_order(fabric, skill, event)
    if known and (seen := await store.get(key, f"seen:{event.id}")) is not None:
        return _recalled(seen.body) if direct else None
    bot = fabric.bots.get(event.bot)
    if bot is None:
        raise PermanentError("unknown_bot", f"no manifest for {event.bot}")
    burst: Burst | None = Burst(event)
    if not direct:
        await budget.hold(store, bot, conversation, event)
        burst = await overlap.gather(fabric, bot, conversation, event)
    if burst is None:
        return None
    event = burst.event
    before = conversation.content
    turn = _turn(fabric, bot, skill, conversation, event)
    try:
        async with nullcontext() if direct else fabric.bulkheads.enter(bot, skill):
            answer = await _run(fabric, turn, direct=direct)
    except Refused as refusal:
        conversation = await load(store, event)
        before = conversation.content
        turn = _turn(fabric, bot, skill, conversation, event)
        answer = _refusal(turn, refusal.text)
    for _ in range(MAX_CONFLICTS):
        try:
            return await _commit(fabric, conversation, turn, answer, burst, collect=collect)
        except Conflict as conflict:
            fresh = await load(store, event)
            if conflict.id != DOCUMENT or fresh.content != before:
                raise
            conversation = fresh
    raise TransientError("others keep changing the conversation")


async def _in_order(fabric: Fabric, skill: Skill, event: Event) -> Conversation:
    """The conversation, once nothing of it must go before this event.

    What goes first and is with another skill mostly takes milliseconds: it is waited for in
    place. What is parked in this skill's own queue needs this session to be free: then this
    event is parked behind it. A bus without sessions has none to free, and may have let this
    event overtake what was accepted before it: there, that alone is the order.
    """
    store, ordered = fabric.store, fabric.bus.ordered
    deadline, pause = monotonic() + QUEUE_PATIENCE, 0.01
    while True:
        conversation = await load(store, event)
        if ordered:
            blocker = conversation.blocked_by(event.work_id)
        else:
            blocker = await _overtaken(store, event)
        if not blocker or await store.get(event.conversation, f"seen:{event.id}") is not None:
            return conversation
        own = blocker == skill.name and ordered
        if own or monotonic() > deadline:
            after = max(0.1 if own else 1.0, conversation.wake - time())
            raise Waits("waits behind earlier work", after=after)
        await asyncio.sleep(pause)
        pause = min(0.2, pause * 1.5)


async def _overtaken(store: Store, event: Event) -> str:
    """The skill that has an unfinished activity accepted before this one; "" for none.

    One that was due a day ago and not seen since is lost, and in nobody's way.
    """
    found = await store.find(event.conversation, "accepted:", due_by=inf, limit=1000)
    unfinished = [item for item in found if (item.due or 0.0) > time() - MAX_AGE]
    own = f"accepted:{event.origin}"
    at = next((item.body["at"] for item in found if item.id == own), event.began())
    earlier = (
        str(item.body["skill"])
        for item in unfinished
        if item.id != own and (item.body["at"], item.id) < (at, own)
    )
    return next(earlier, "")


def _recalled(body: dict[str, Any]) -> Outcome:
    handed = body.get("handed")
    return Outcome(
        (),
        [Activity(reply) for reply in body.get("replies", ())],
        Event.from_dict(handed) if handed else None,
        body.get("handed_to", ""),
        body.get("answer"),
    )


def _turn(fabric: Fabric, bot: Bot, skill: Skill, conversation: Conversation, event: Event) -> Turn:
    if event.type == ACTIVITY:
        activity = Activity(event.data["activity"])
    else:
        activity = Activity(type="event", name=event.type)
    return Turn(
        bot=bot,
        skill=skill,
        reference=conversation.reference,
        event=event,
        activity=activity,
        state=conversation.state.setdefault(skill.name, {}),
        skills=[fabric.skills[name] for name in bot.skills],
        ai=fabric.assistant(bot),
        knowledge=fabric.knowledge.for_bot(bot),
        now=time(),
        floor=conversation.floor,
        muted=conversation.muted,
        backends=fabric.backends,
    )


async def _run(fabric: Fabric, turn: Turn, *, direct: bool) -> dict[str, Any] | None:
    """Call the handler, or hand the activity on when it is another skill's.

    Returns the body of an `invoke`. A lane may have brought the activity to this queue only
    for the sake of order, so its addressee is looked up again.
    """
    activity, skill = turn.activity, turn.skill
    handler: Handler | None
    if turn.event.type != ACTIVITY:
        handler = skill.events.get(turn.event.type)
    elif activity.type == "invoke":
        return await skill.invokes[activity.name](turn)
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
            await handler(turn)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TransientError(f"skill {skill.name} took over {TURN_SECONDS:.0f} s") from error
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


async def _commit(
    fabric: Fabric,
    conversation: Conversation,
    turn: Turn,
    answer: dict[str, Any] | None,
    burst: Burst,
    *,
    collect: bool,
) -> Outcome:
    event, cause = turn.event, effects.Cause.of(turn.event)
    late = lateness.interrupted(turn.bot, conversation, event)
    silent = conversation.muted and turn.muted and (late is None or late.done == "drop")
    replies = [] if silent else turn.replies
    if turn.muted and not conversation.muted:
        conversation.muted_at = event.asked() or time()
    conversation.state[turn.skill.name] = turn.state
    conversation.floor, conversation.muted = turn.floor, turn.muted
    conversation.count_turn()
    conversation.finish(event.work_id)
    burst.finish(conversation)
    if event.type == ACTIVITY and turn.activity.get("action") not in ("remove", "remove-upgrade"):
        conversation.heard = turn.now
    if turn.activity.is_message:
        conversation.spoke = max(conversation.spoke, event.asked())
    made: list[Create] = []
    seen: dict[str, Any] = {}
    handed = effects.handed_on(turn) if turn.handed_to else None
    for number, (type, subject, data) in enumerate(turn.facts):
        made.append(
            effects.publish_effect(
                conversation, cause, effects.fact(turn, number, type, subject, data)
            )
        )
    said = [Activity(reply, id=f"{cause.work}.{n}") for n, reply in enumerate(replies)]
    if collect:
        seen = {"replies": said}
        if handed:
            seen |= {"handed": handed.to_dict(), "handed_to": turn.handed_to}
    else:
        made += effects.sends(fabric, conversation, cause, replies)
        if handed:
            queue = skill_queue(turn.handed_to)
            made.append(effects.queue_effect(conversation, cause, queue, handed))
            conversation.go_first(handed.work_id, turn.handed_to)
    if answer is not None:
        seen["answer"] = answer
    ops: list[Op] = [
        Create(f"seen:{event.id}", seen, ttl=REMEMBERED),
        conversation.to_op(),
        _transcript(turn, replies, burst.superseded),
        *made,
        *burst.ops(turn.skill.name),
        *fabric.ledger.entry(event, turn.skill.name),
    ]
    if event.origin and event.type == ACTIVITY and not handed:
        finished = {"skill": turn.skill.name, "at": turn.now}
        ops.append(Put(f"accepted:{event.origin}", finished, ttl=REMEMBERED))
    if late and silent and turn.replies:
        ops.append(lateness.recorded(late, f"{cause.work}.0"))
        lateness.tell(late, event.conversation, f"{cause.work}.0")
    try:
        await fabric.store.write(event.conversation, *ops)
    except PermanentError as error:
        raise PermanentError(error.reason, f"skill {turn.skill.name}: {error.detail}") from error
    fabric.ledger.booked()
    return Outcome(made, said, handed, turn.handed_to, answer)


def _transcript(turn: Turn, replies: Sequence[Activity], superseded: Sequence[str]) -> Create:
    """What was said in this turn, kept as long as the bot's retention says."""
    said = {
        "at": turn.now,
        "skill": turn.skill.name,
        "type": turn.activity.type,
        "text": turn.activity.text,
        "replies": [reply.text for reply in replies],
        **({"superseded": list(superseded)} if superseded else {}),
    }
    id = f"said:{int(turn.now * 1000):013d}.{turn.event.id}"
    return Create(id, said, ttl=turn.bot.retention.transcript_days * 86_400)
