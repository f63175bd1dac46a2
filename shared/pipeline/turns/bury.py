"""Messages that nobody will try again: kept with their reason, and the person is told."""

from collections.abc import Sequence
from dataclasses import replace
from time import time
from typing import Any

from shared import wire
from shared.errors import Conflict, PermanentError
from shared.event import ACTIVITY, WAKE, Event
from shared.fabric import Fabric
from shared.observability import log, trace
from shared.observability.failure import code
from shared.pipeline.outbox import effects, relay
from shared.pipeline.turns.closing import closed
from shared.ports.store import Op
from shared.queues import skill_of
from shared.records.acceptance import numbered
from shared.records.change import undisturbed
from shared.records.conversation import Conversation, load
from shared.records.dead_letter import EVENT, UNREADABLE, DeadLetter
from shared.records.effect import Send
from shared.records.ledger_entry import Outcome
from shared.records.seen import seen

LARGEST_RECORD = 500_000
"""Bytes of an event that are kept with its death."""


async def bury(
    fabric: Fabric, queue: str, event: Event, reason: str, detail: str = "", *, deliveries: int = 1
) -> None:
    """Record the death of `event`, end its chain in the books, and apologise to the person.

    `queue` is where it waited, "" when that is not known; `deliveries` of its last attempt.
    """
    skill = skill_of(queue)
    log.error(
        "dead", skill=skill, conversation=event.conversation, id=event.id, reason=code(reason)
    )
    partition = event.conversation or UNREADABLE
    letter = DeadLetter(
        id=event.work_id,
        kind=EVENT,
        queue=queue,
        reason=reason,
        detail=detail,
        origin=event.origin,
        attempts=event.attempt + deliveries,
        first=await _first_error(fabric, partition, event),
        event=_record(event),
        trace=trace.traceparent() or event.traceparent,
        at=time(),
    )
    apology = await undisturbed(lambda: _end(fabric, event, letter, skill))
    await relay.relay(fabric, partition, apology)


async def _end(fabric: Fabric, event: Event, letter: DeadLetter, skill: str) -> Sequence[Send]:
    """Write the letter and the end of the chain, once; return what is to be said of it.

    Raises Conflict when others write in this moment.
    """
    ops: list[Op] = [
        seen(event),
        letter.put(),
        *fabric.ledger.entry(event, skill, outcome=Outcome.DEAD),
    ]
    apology: Sequence[Send] = ()
    try:
        conversation = await load(fabric.store, event)
    except PermanentError:
        ops += closed(fabric, None, event, skill)
    else:
        event = await numbered(fabric.store, event, conversation.row)
        conversation.finish(event.work_id)
        ops += closed(fabric, conversation, event, skill)
        apology = _apology(fabric, conversation, event)
        ops += [conversation.to_op(), *(word.create() for word in apology)]
    try:
        await fabric.store.write(event.conversation or UNREADABLE, *ops)
    except Conflict as conflict:
        if conflict.id.startswith("seen:"):
            return ()
        raise
    fabric.ledger.booked()
    return apology


async def bury_body(
    fabric: Fabric, body: str, reason: str, detail: str = "", *, queue: str = ""
) -> None:
    """Record a queue message that is dead for the broker, or that is no event at all.

    A wake-up leaves nothing to record: what it was for is in the outbox, and the sweep comes.
    """
    try:
        event = Event.from_json(body)
    except ValueError:
        log.error("dead.unreadable", reason=reason, size=len(body))
        letter = DeadLetter.of_body(body, reason, detail, queue)
        await fabric.store.write(UNREADABLE, letter.put())
        return
    if event.type == WAKE:
        log.warning("dead.wake_up", conversation=event.conversation, reason=reason)
        return
    await bury(fabric, queue, event, reason, detail)


async def _first_error(fabric: Fabric, partition: str, event: Event) -> dict[str, Any] | None:
    """`{"at", "error"}`: what the event brings, or what was noted of an earlier delivery."""
    noted = await fabric.store.get(partition, f"failed:{event.work_id}")
    known = [first for first in (event.first_error(), noted and noted.body) if first]
    return min(known, key=lambda first: float(first["at"]), default=None)


def _record(event: Event) -> dict[str, Any]:
    """The event as it is kept; of one that no document of the store can hold, the envelope."""
    whole = event.to_dict()
    size = len(wire.dumps(whole))
    if size <= LARGEST_RECORD:
        return whole
    return replace(event, data={"omitted_bytes": size}).to_dict()


def _apology(fabric: Fabric, conversation: Conversation, event: Event) -> list[Send]:
    reference = conversation.reference
    said = event.data.get("activity", {})  # a ticket has none
    wanted = event.type == ACTIVITY and said.get("type") == "message"
    if not wanted or conversation.muted or reference.channel == "api":
        return []
    return [effects.word(fabric, conversation, event, "sorry", "platform.sorry")]
