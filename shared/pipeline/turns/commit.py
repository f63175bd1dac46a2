"""What a turn recorded, in one write: state, transcript, effects, and that it was seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Any

from shared.activity import Activity
from shared.errors import PermanentError
from shared.event import ACTIVITY, Event, event_id
from shared.fabric import Fabric
from shared.migration import FIRST_VERSION
from shared.observability import conventions as names
from shared.observability import meter, trace
from shared.pipeline.outbox import effects, lateness, reads
from shared.pipeline.turns.closing import closed
from shared.pipeline.turns.overlap import Burst
from shared.ports.store import Delete, Etags, Op, Put
from shared.records import waiting
from shared.records.conversation import GONE, Conversation
from shared.records.effect import AnyEffect
from shared.records.ledger_entry import Done
from shared.records.person import mark_of
from shared.records.seen import MESSAGE, seen_with
from shared.turn import Turn

if TYPE_CHECKING:
    from shared.records.file import StoredFile


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a committed turn left to do, or to say when the caller answers itself."""

    effects: Sequence[AnyEffect]
    replies: Sequence[Activity] = ()
    handed: Event | None = None
    handed_to: str = ""
    answer: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What the person hears of a turn: `replies`. It `leaves` where the bot was taken out.

    `drops` when there was something to hear, and nobody is to hear it now.
    """

    replies: Sequence[Activity]
    leaves: bool = False
    drops: bool = False


async def commit(
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
    plan = plan_commit(turn, late, muted=conversation.muted)
    replies = plan.replies
    _keep(conversation, turn, cause, time())
    burst.finish(conversation)
    made: list[AnyEffect] = list(reads.made(conversation, cause, turn))
    answers: dict[str, Any] = {}
    files = await _kept(fabric, turn, replies) if turn.files else ()
    handed = effects.handed_on(turn) if turn.handed_to else None
    for number in range(len(turn.facts)):
        made.append(effects.publish_effect(conversation, cause, effects.fact(turn, number)))
    said = [Activity(reply, id=f"{cause.work}.{n}") for n, reply in enumerate(replies)]
    if collect:
        answers = {"activities": said, "asked": question_of(event)}
        if handed:
            answers |= {"handed": handed.to_dict(), "handed_to": turn.handed_to}
    else:
        made += effects.sends(fabric, conversation, cause, replies)
        made += effects.next_step(turn, conversation, cause, handed)
    if answer is not None:
        answers["answer"] = answer
    waited = round(max(0.0, turn.now - cause.asked), 3) if cause.asked else 0.0
    transcript = _transcript(turn, replies, burst.superseded, conversation.manifest, waited)
    ended = [] if handed else closed(fabric, conversation, event, turn.skill.name)
    document = conversation.to_op()
    marks = seen_with(event, answers, transcript, days=turn.bot.retention.transcript_days)
    ops: list[Op] = [
        *fabric.ledger.of_turn(marks, event, turn.skill.name, _done(turn, replies, waited)),
        document,
        *([Put(GONE, {"at": turn.now})] if plan.leaves else []),
        *([turn.waiting.to_op()] if turn.waiting else []),
        *([turn.asks_approval.to_op()] if turn.asks_approval else []),
        *([Delete(waiting.DOCUMENT)] if turn.waits_no_more else []),
        *(file.put() for file in files),
        *(effect.create() for effect in made),
        *burst.ops(turn.skill.name),
        *ended,
    ]
    if late and plan.drops:
        ops.append(lateness.recorded(late, f"{cause.work}.0"))
        lateness.tell(late, event.conversation, f"{cause.work}.0")
    try:
        etags = await _written(fabric, event, ops)
    except PermanentError as error:
        raise PermanentError(error.reason, f"skill {turn.skill.name}: {error.detail}") from error
    fabric.fresh.keep_written(event.conversation, document, etags.get(document.id, ""))
    fabric.ledger.booked()
    return Outcome(made, said, handed, turn.handed_to, answer)


def plan_commit(turn: Turn, late: lateness.Verdict | None, *, muted: bool) -> Plan:
    """Decide what is heard of what the turn says, in a conversation that was `muted` before it.

    `late` is the verdict where the question came before somebody took over.
    """
    leaves = turn.event.type == ACTIVITY and turn.activity.removes_bot
    silent = muted and turn.muted and not turn.breaks_silence
    silent = silent and (late is None or late.done == "drop")
    if silent or leaves:
        return Plan((), leaves=leaves, drops=silent and bool(turn.replies))
    return Plan(turn.replies)


def _keep(conversation: Conversation, turn: Turn, cause: effects.Cause, now: float) -> None:
    """Bring the conversation to where the turn leaves it."""
    if turn.muted and not conversation.muted:
        conversation.muted_at = cause.asked or now
    conversation.keep_state(turn.skill.name, turn.skill.version, turn.state)
    conversation.floor, conversation.muted = turn.floor, turn.muted
    conversation.language, conversation.about = turn.language, turn.about
    if turn.signing_in is not None:
        conversation.signing_in = turn.signing_in
    conversation.count_turn()
    conversation.finish(cause.work)
    if turn.event.type == ACTIVITY and turn.activity.shows_presence:
        conversation.heard = turn.now
    if turn.activity.is_message:
        conversation.spoke = max(conversation.spoke, cause.asked)


async def _written(fabric: Fabric, event: Event, ops: Sequence[Op]) -> Etags:
    before = meter.current().total_units
    with trace.step("commit"):
        etags = await fabric.store.write(event.conversation, *ops)
        if charged := meter.current().total_units - before:
            trace.tell(**{names.REQUEST_UNITS: round(charged, 2)})
    return etags


async def _kept(fabric: Fabric, turn: Turn, replies: Sequence[Activity]) -> "Sequence[StoredFile]":
    """Store what the replies carry; a turn without files does not meet what does that."""
    from shared.pipeline.turns.kept_files import keep

    return await keep(fabric, turn, replies)


def question_of(event: Event) -> str:
    """Digest who asked what, to tell the same request again from another one under its id."""
    said = Activity(event.data.get("activity", {}))
    return event_id(str(said.sender.get("id", "")), said.text)


def _transcript(
    turn: Turn,
    replies: Sequence[Activity],
    superseded: Sequence[str],
    manifest: str,
    waited: float,
) -> dict[str, Any]:
    """What was said in this turn."""
    return {
        "at": turn.now,
        "seconds": meter.current().seconds,
        "waited": waited,
        "person": mark_of(turn.reference.user),
        **({"handed_to": turn.handed_to} if turn.handed_to else {}),
        "skill": turn.skill.name,
        **({"version": turn.skill.version} if turn.skill.version != FIRST_VERSION else {}),
        **({"manifest": manifest} if manifest else {}),
        **({"type": turn.activity.type} if turn.activity.type != MESSAGE else {}),
        "text": turn.activity.text,
        "replies": [reply.text for reply in replies],
        **({"superseded": list(superseded)} if superseded else {}),
        **({"tools": tools} if (tools := list(meter.current().tools)) else {}),
        **({"effects": effects} if (effects := _effects(turn)) else {}),
    }


def _effects(turn: Turn) -> list[str]:
    """What else the turn did, by its kind: facts that it told, a person that it asked for."""
    asked = ["handoff"] if turn.waiting else []
    return [type for type, _, _ in turn.facts] + asked


def _done(turn: Turn, replies: Sequence[Activity], waited: float) -> Done:
    """What the ledger tells of the turn, without a word that was said."""
    return Done(
        type=turn.activity.type,
        person=mark_of(turn.reference.user),
        replies=len(replies),
        facts=len(turn.facts),
        waited=waited,
        handed_to=turn.handed_to,
        language=turn.language,
        noted=dict(turn.noted),
    )
