"""Effects: what a turn recorded, as items for the outbox that are committed with its state.

Their ids derive from the event that caused them and their place in the turn, so a turn that
runs twice makes the same effects, and every receiver can drop the copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import time
from typing import Any

from shared.activity import Activity
from shared.dialogue.language import spoken
from shared.dialogue.phrases import DEFAULT, phrase
from shared.errors import PermanentError
from shared.event import ACTIVITY, MAX_HOPS, MAX_ROUNDS, Event
from shared.fabric import Fabric
from shared.observability import trace
from shared.queues import skill_queue
from shared.records.conversation import Conversation
from shared.records.effect import LEASE_SECONDS, Enqueue, Publish, Record, Send
from shared.turn import BACK, FLOOR_RETURNED, Turn


@dataclass(frozen=True, slots=True)
class Cause:
    """What an effect descends from: the event handled now, and the activity that began it.

    `asked` is when the person wrote that, in Unix time, or 0."""

    event: str
    work: str
    origin: str
    asked: float

    @classmethod
    def of(cls, event: Event) -> "Cause":
        return cls(event.id, event.work_id, event.origin, event.asked())


def send_effect(
    conversation: Conversation, cause: Cause, ordinal: str, activity: Activity, not_before: float
) -> Send:
    """Return the effect that says `activity`; its id is the same each time the turn runs."""
    effect, behind = f"{cause.work}.{ordinal}", conversation.message_before
    common = _common(cause, effect)
    sign = activity.type == "typing"  # it is dropped when it is late, so that nothing waits for it
    return Send(
        **common,
        place=conversation.next_outbox_id() if sign else conversation.next_message_id(),
        behind=behind,
        reference=conversation.reference,
        activity=Activity(activity, id=effect),
        not_before=max(not_before, common["made"]),
        trace=trace.traceparent(),
    )


def queue_effect(
    conversation: Conversation, cause: Cause, queue: str, event: Event, *, at: float = 0.0
) -> Enqueue:
    """Return the effect that enqueues `event`, hidden until the Unix time `at`."""
    common, place = _common(cause, event.id), conversation.next_outbox_id()
    return Enqueue(**common, place=place, queue=queue, event=event.to_dict(), at=at)


def publish_effect(conversation: Conversation, cause: Cause, event: Event) -> Publish:
    common, place = _common(cause, event.id), conversation.next_outbox_id()
    return Publish(**common, place=place, event=event.to_dict())


def audit_effect(
    conversation: Conversation, cause: Cause, effect: str, entry: dict[str, Any]
) -> Record:
    """Return the effect that puts `entry` on record, about whom the conversation is with."""
    common, place = _common(cause, effect), conversation.next_outbox_id()
    return Record(**common, place=place, reference=conversation.reference, entry=entry)


def _common(cause: Cause, effect: str) -> dict[str, Any]:
    now = round(time(), 3)
    return {
        "id": effect,
        "owner": cause.event,
        "origin": cause.origin,
        "asked": cause.asked,
        "made": now,
        "due": now + LEASE_SECONDS,
    }


def word(fabric: Fabric, conversation: Conversation, event: Event, ordinal: str, id: str) -> Send:
    """A sentence of the catalogue that the platform itself says about a message, in its pace.

    No turn has recorded yet that the person wrote it, which opened the channel's window.
    """
    if event.type == ACTIVITY and Activity(event.data.get("activity", {})).is_message:
        conversation.spoke = max(conversation.spoke, event.asked())
    limits = fabric.channel(conversation.reference.channel).limits
    slot = conversation.pace.reserve(limits, time())
    bot = fabric.bots.get(conversation.reference.bot)
    language = spoken(bot, conversation, event) if bot else DEFAULT
    said, cause = Activity(type="message", text=phrase(language, id)), Cause.of(event)
    return send_effect(conversation, cause, ordinal, said, slot)


def sends(
    fabric: Fabric, conversation: Conversation, cause: Cause, replies: Sequence[Activity]
) -> list[Send]:
    if not replies or conversation.reference.channel == "api":
        return []  # who calls a skill as an API hears nothing afterwards
    channel = fabric.channel(conversation.reference.channel)
    now = round(time(), 3)
    parts = [part for reply in replies for part in channel.split(reply)]
    return [
        send_effect(
            conversation,
            cause,
            str(n),
            part,
            # a sign takes no place of a message's
            now if part.type == "typing" else conversation.pace.reserve(channel.limits, now),
        )
        for n, part in enumerate(parts)
    ]


def handed_on(turn: Turn) -> Event:
    """The same activity for another skill, one hop further."""
    event = turn.event
    data = {key: value for key, value in event.data.items() if key != BACK}
    if turn.comes_back is not None:
        data[BACK] = {"skill": turn.skill.name, "data": turn.comes_back}
    elif BACK in event.data and event.data[BACK]["skill"] != turn.handed_to:
        data[BACK] = event.data[BACK]
    return replace(
        event,
        id=f"{event.work_id}.to",
        data=data,
        cause=event.id,
        hops=event.hops + 1,
        path=_further(event, turn.skill.name),
        attempt=0,
        failed="",
        traceparent=trace.traceparent(),
    )


def next_step(
    turn: Turn, conversation: Conversation, cause: Cause, handed: Event | None
) -> list[Enqueue]:
    """Where the activity goes now: to another skill, or back to one that wanted to know."""
    if handed:
        conversation.go_first(handed.work_id, turn.handed_to)
        return [queue_effect(conversation, cause, skill_queue(turn.handed_to), handed)]
    if turn.resumes:
        for skill, event in reversed(turn.resumes):
            conversation.go_first(event.work_id, skill)
        return [
            queue_effect(conversation, cause, skill_queue(skill), event)
            for skill, event in turn.resumes
        ]
    if back := returned(turn):
        return [queue_effect(conversation, cause, skill_queue(back.subject), back)]
    return []


def returned(turn: Turn) -> Event | None:
    """What tells the skill that wanted the floor back that the activity was dealt with."""
    back = turn.event.data.get(BACK)
    if turn.event.type != ACTIVITY or back is None:
        return None
    return replace(
        turn.event,
        id=f"{turn.event.work_id}.back",
        type=FLOOR_RETURNED,
        data=back["data"],
        source=f"/bot-fabric/{turn.bot.id}/{turn.skill.name}",
        subject=back["skill"],
        cause=turn.event.id,
        hops=turn.event.hops + 1,
        path=_further(turn.event, f"{turn.skill.name}!{FLOOR_RETURNED}"),
        attempt=0,
        failed="",
        traceparent=trace.traceparent(),
    )


def fact(turn: Turn, number: int) -> Event:
    """The event that tells one of the facts of the turn."""
    event, (type, subject, data) = turn.event, turn.facts[number]
    return Event(
        id=f"{event.work_id}.e{number}",
        type=type,
        data=data,
        source=f"/bot-fabric/{turn.bot.id}/{turn.skill.name}",
        subject=subject,
        bot=turn.bot.id,
        conversation=event.conversation,
        origin=event.origin,
        cause=event.id,
        hops=event.hops + 1,
        path=_further(event, f"{turn.skill.name}!{type}"),
        traceparent=trace.traceparent(),
        scope=turn.scopes[number],
    )


def _further(event: Event, step: str) -> str:
    """The chain's way with one more step. Raises PermanentError for a runaway."""
    steps = [*filter(None, event.path.split(">")), step]
    path = ">".join(steps)
    if event.hops >= MAX_HOPS:
        raise PermanentError("too_many_hops", path)
    if steps.count(step) > MAX_ROUNDS:
        raise PermanentError("goes_in_circles", path)
    return path
