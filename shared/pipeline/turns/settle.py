"""The fate of a delivery: handled, parked, dead, or given back; nobody else decides it.

`door.accept` runs in the webhook. Here is what happens on the skill's queue, one turn at a
time per conversation: `perform` loads the conversation, runs the handler, which only records
effects, and commits state, transcript, outbox and the `seen` marker in one partition write.
Only then does `relay.relay` act on the world.
"""

import asyncio
from contextlib import suppress
from enum import StrEnum
from random import random
from time import monotonic, time

from shared.errors import (
    Conflict,
    PermanentError,
    TransientError,
    Waits,
)
from shared.event import Event
from shared.fabric import Fabric
from shared.observability import log
from shared.observability.failure import HandlerFailed
from shared.observability.meter import metering
from shared.pipeline.outbox import relay
from shared.pipeline.turns.bury import bury, bury_body
from shared.pipeline.turns.park import retry_later
from shared.pipeline.turns.perform import perform
from shared.pipeline.turns.spans import receiving, tell_end, turn_span
from shared.pipeline.turns.trial import count_turn
from shared.ports.store import Create
from shared.queues import skill_queue
from shared.records.conversation import MAX_AGE, MAX_CONFLICTS, REMEMBERED
from shared.records.ledger_entry import Outcome
from shared.skill import Skill


class Fate(StrEnum):
    """What became of a delivery that is finished."""

    DONE = "done"
    PARKED = "parked"
    DEAD = "dead"


async def work(fabric: Fabric, skill: Skill, body: str, count: int) -> None:
    """Handle one delivery. Returns when the message is finished; raises to have it again."""
    try:
        event = Event.from_json(body)
    except ValueError as error:
        await bury_body(fabric, body, "not_an_event", str(error), queue=skill_queue(skill.name))
        return
    with (
        receiving(fabric, skill_queue(skill.name), event),
        turn_span(fabric, skill, event, delivery=count) as span,
        metering() as meter,
    ):
        started = monotonic()
        try:
            fate = await settle(fabric, skill, event, count)
        finally:
            fabric.ledger.carry(event)
        tell_end(span, meter, fate)
        log.info(
            "turn",
            bot=event.bot,
            skill=skill.name,
            conversation=event.conversation,
            id=event.id,
            hops=event.hops,
            fate=fate,
            ms=round((monotonic() - started) * 1000, 1),
            tokens=meter.total_tokens,
            request_units=round(meter.total_units, 2),
        )


async def settle(fabric: Fabric, skill: Skill, event: Event, count: int) -> Fate:
    """Run the turn and decide the message's fate; the only place that does.

    `count` is the number of this delivery. What fails here for want of the store, or by a bug,
    is raised, so that the broker delivers it again, in order.
    """
    try:
        try:
            await fabric.switches.check(event.bot, skill.name)
            await handle(fabric, skill, event, known=count > 1)
            await count_turn(fabric, skill.name, failed=False)
            return Fate.DONE
        except TransientError as error:
            if event.fails_for() > MAX_AGE and not isinstance(error, Waits):
                raise PermanentError("retried_too_long", str(error)) from error
            await retry_later(fabric, skill, event, error)
            return Fate.PARKED
    except PermanentError as error:
        if count == 1:
            await count_turn(fabric, skill.name, failed=True)
        queue = skill_queue(skill.name)
        await bury(fabric, queue, event, error.reason, error.detail, deliveries=count)
        return Fate.DEAD
    except Exception as error:
        outage = isinstance(error, TransientError)
        last = count >= fabric.bus.max_deliveries
        log.error(
            "turn.failed",
            exc_info=not outage and (count == 1 or last),  # the same calls, eight times between
            skill=skill.name,
            conversation=event.conversation,
            id=event.id,
            delivery=count,
            reason=type(error).__name__,
        )
        if count == 1 and not outage:
            await count_turn(fabric, skill.name, failed=True)
        if last and not outage:
            queue, detail = skill_queue(skill.name), type(error).__name__
            await bury(fabric, queue, event, "handler_error", detail, deliveries=count)
            return Fate.DEAD
        await _book_failure(fabric, skill, event, count)
        if outage:
            raise
        await _note_failure(fabric, event, type(error).__name__, count)
        raise HandlerFailed(type(error).__name__) from None


async def _book_failure(fabric: Fabric, skill: Skill, event: Event, count: int) -> None:
    """Write down what the failed delivery used, if the store takes it."""
    entry = fabric.ledger.entry(event, skill.name, outcome=Outcome.FAILED, delivery=count)
    with suppress(TransientError):
        await fabric.store.write(event.conversation, *entry, durable=False)
        fabric.ledger.booked()


async def _note_failure(fabric: Fabric, event: Event, error: str, count: int) -> None:
    """Keep the first error of work whose message, delivered again as it is, cannot tell it."""
    id = f"failed:{event.work_id}"
    first = Create(id, {"at": time(), "error": error}, ttl=REMEMBERED)
    with suppress(Conflict, TransientError):
        if count > 1 and await fabric.store.get(event.conversation, id):
            return  # asking costs less than a write that is refused
        await fabric.store.write(event.conversation, first, durable=False)


async def handle(fabric: Fabric, skill: Skill, event: Event, *, known: bool = False) -> None:
    """Commit the turn once, however often the event is delivered, and relay its effects.

    `known` when it was delivered before: then it is worth asking whether it was committed.
    """
    for _ in range(MAX_CONFLICTS):
        try:
            outcome = await perform(fabric, skill, event, known=known)
        except Conflict as conflict:
            known = known or conflict.id.startswith("seen:")
            await asyncio.sleep(random() * 0.02)  # so that those who met do not meet again
            continue
        if outcome is None:
            await relay.take_over(fabric, event)
        else:
            await relay.relay(fabric, event.conversation, outcome.effects)
        return
    raise TransientError("others keep changing the conversation", after=0.2)
