"""Work that cannot go on now: its next attempt is in the outbox before its message completes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import time

from shared.errors import Conflict, Held, Stopped, TransientError, Unavailable, Waits
from shared.event import ACTIVITY, Event
from shared.fabric import Fabric
from shared.observability import log
from shared.observability.failure import told
from shared.pipeline.outbox import effects, relay
from shared.pipeline.turns import overlap, still_working
from shared.ports.store import Op
from shared.queues import skill_queue
from shared.records.acceptance import numbered
from shared.records.change import undisturbed
from shared.records.conversation import Conversation, load
from shared.records.effect import AnyEffect
from shared.records.ledger_entry import Outcome
from shared.records.seen import seen
from shared.skill import Skill

NOTICE_ATTEMPT = 2
"""The failed attempt after which the person is told that it takes longer (about 3 s)."""

NOTICEABLE_SECONDS = 1.0
"""Waiting for what is Unavailable that the person is told of at the first attempt."""

TOLD = "told"
"""In an activity's event, once the person knows that the answer takes longer."""


@dataclass(frozen=True, slots=True)
class Retry:
    """What becomes of an attempt that failed: the `event` of the next one.

    `tells` when the person hears that it takes longer. `stopped_by` names what has to be started
    first, "" when only time has to pass.
    """

    event: Event
    tells: bool = False
    stopped_by: str = ""


def plan_retry(
    conversation: Conversation, event: Event, error: TransientError, *, step: str, delay: float
) -> Retry:
    """Decide on the next attempt of `event` in `step`, which is `delay` seconds away.

    What was held back, or waits behind earlier work, has not failed: it is the same attempt
    again, or one without an error.
    """
    match error:
        case Stopped():
            return Retry(replace(event.held(step), failed=""), stopped_by=error.by)
        case Held():
            return Retry(event.held(step))
        case Waits():
            again = event.retry(step)
        case _:
            again = event.retry(step, str(error) or type(error).__name__)
    if not _is_worth_telling(conversation, event, error, delay):
        return Retry(again)
    return Retry(replace(again, data=event.data | {TOLD: True}), tells=True)


def _is_worth_telling(
    conversation: Conversation, event: Event, error: TransientError, delay: float
) -> bool:
    """Tell whether the person hears, once, that the answer takes longer than they would expect."""
    if event.type != ACTIVITY or TOLD in event.data:
        return False
    if conversation.muted or conversation.blocked_by(event.work_id):
        return False
    down = isinstance(error, Unavailable) and delay >= NOTICEABLE_SECONDS
    return down or event.attempt >= NOTICE_ATTEMPT


async def retry_later(fabric: Fabric, skill: Skill, event: Event, error: TransientError) -> None:
    """Park the work, once however often this is tried."""
    left = await undisturbed(lambda: _park(fabric, skill, event, error))
    await relay.relay(fabric, event.conversation, left)


async def _park(
    fabric: Fabric, skill: Skill, event: Event, error: TransientError
) -> Sequence[AnyEffect]:
    """Return the effects that may go now. Raises Conflict when others write in this moment."""
    conversation = await load(fabric.store, event)
    if event.type == ACTIVITY:
        event = await numbered(fabric.store, event, conversation.row)
    delay = error.delay(event.attempt)
    plan = plan_retry(conversation, event, error, step=skill.name, delay=delay)
    at = time() + delay
    if event.type == ACTIVITY:
        due = time() if plan.stopped_by else at
        place = conversation.queue_up(event.work_id, skill.name, due)
        at = at if plan.stopped_by else place
    made: list[AnyEffect] = []
    if plan.tells:
        made.append(effects.word(fabric, conversation, event, "wait", "platform.waiting"))
    cause, queue = effects.Cause.of(event), skill_queue(skill.name)
    again = effects.queue_effect(conversation, cause, queue, plan.event, at=at)
    made.insert(0, again.stopped(plan.stopped_by, at) if plan.stopped_by else again)
    ops: list[Op] = [still_working.told(event)] if plan.tells else []
    if event.origin and event.type == ACTIVITY:
        note = overlap.note(fabric, event, skill.name)
        ops.append(replace(note, parked=True, why=told(error), due=at).put())
    try:
        await fabric.store.write(
            event.conversation,
            seen(event),
            *ops,
            conversation.to_op(),
            *(effect.create() for effect in made),
            *fabric.ledger.entry(event, skill.name, outcome=Outcome.PARKED),
        )
    except Conflict as conflict:
        if conflict.id.startswith("seen:"):
            return ()
        raise
    fabric.ledger.booked()
    log.warning(
        "turn.parked",
        skill=skill.name,
        conversation=event.conversation,
        id=event.id,
        attempt=event.attempt,
        after=round(at - time(), 1),
        reason=told(error),
    )
    return () if plan.stopped_by else made
