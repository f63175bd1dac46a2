"""What the bus could not take at the door: kept in the store, and enqueued in order later."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from time import time, time_ns

from shared.event import Event
from shared.fabric import Fabric
from shared.governance.limits.admission import GAP
from shared.queues import skill_of
from shared.records.acceptance import Acceptance, noted
from shared.records.change import undisturbed
from shared.records.conversation import stored
from shared.records.effect import LEASE_SECONDS, OUTBOX, Enqueue, effect_of
from shared.records.row import Row

KEPT = f"{OUTBOX}{0:012d}."
"""Prefix of what the bus could not take at the door, in order of time."""


async def keep(
    fabric: Fabric, key: str, queue: str, events: Sequence[Event], *, at: float = 0.0
) -> None:
    """Store events that the bus could not take just now; the sweep enqueues them, not before `at`.

    `kept` in the note of each tells the door that something must go before what comes next. A
    bus whose answer was lost may have them all the same: one that was worked is not kept.
    """
    for number, event in enumerate(events):
        await undisturbed(partial(_keep, fabric, key, queue, event, number=number, at=at))


async def _keep(
    fabric: Fabric, key: str, queue: str, event: Event, *, number: int, at: float
) -> None:
    """Raises Conflict when somebody else changes the note in this moment."""
    now, before = time(), await noted(fabric.store, key, event.number)
    conversation = await stored(fabric.store, key)
    row = conversation.row if conversation else Row()
    if before is not None and (before.parked or not before.is_open(row)):
        return
    note = replace(
        Acceptance.of(event, skill_of(queue)), kept=True, not_before=at, due=now + LEASE_SECONDS
    )
    op = replace(note, etag=before.etag).put() if before else note.create()
    kept = Enqueue(
        place=f"{KEPT}{time_ns():020d}.{number:04d}.{event.id}",
        id=event.id,
        owner="",
        origin=event.origin,
        made=now,
        tries=0,
        due=now,
        queue=queue,
        event=event.to_dict(),
        at=at,
    )
    await fabric.store.write(key, op, kept.put())


async def enqueue_kept(fabric: Fabric, key: str) -> None:
    """Enqueue what `keep` stored before, so that newer activities do not overtake it."""
    for item in await fabric.store.find(key, KEPT, limit=1000):
        kept = effect_of(item)
        if isinstance(kept, Enqueue):
            delay = max(GAP, kept.at - time()) if kept.at else 0.0
            await fabric.bus.send(kept.queue, Event.from_dict(kept.event), delay=delay)
            await fabric.store.write(key, kept.delete(), durable=False)
