"""The door: what a webhook took in is recorded and enqueued, and only then acknowledged.

Nothing here meets a model, a tool or a URL from the message.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic, time

from shared.errors import Conflict, TransientError, Unavailable
from shared.event import ACTIVITY, Event, event_id, utc_now
from shared.fabric import Fabric
from shared.governance.limits.admission import GAP, not_before
from shared.governance.limits.visitor import Visitor
from shared.observability import conventions as names
from shared.observability import log, trace
from shared.pipeline.door import crowd
from shared.pipeline.door.clicks import first_click
from shared.pipeline.door.lane import Entrance, Lane
from shared.pipeline.outbox import kept
from shared.ports.channel import Inbound
from shared.queues import skill_queue
from shared.records.acceptance import noted, unfinished
from shared.records.conversation import stored
from shared.records.effect import OUTBOX
from shared.records.seen import seen_id

STORE_PATIENCE, STORE_PAUSE = 0.2, 0.2
"""Seconds after which the door does without a store that fails, and between two tries.

One that does not answer at all is waited for once, as long as its adapter does.
"""

LONGEST_PAUSE = 0.2
"""Seconds between two tries to get a number that somebody else has got."""

LATE_SECONDS = 1.0
"""How long the note of what the bus took without one may take."""


async def accept(fabric: Fabric, inbounds: Sequence[Inbound]) -> None:
    """Record and enqueue, durably; on return the webhook may be acknowledged.

    Activities of one conversation keep their order; what was accepted before is dropped.
    Raises Unavailable when nothing durable could take them: the channel then sends again.
    """
    conversations: dict[str, list[Inbound]] = {}
    for inbound in inbounds:
        conversations.setdefault(inbound.reference.key, []).append(inbound)
    if len(conversations) == 1:
        [(key, group)] = conversations.items()
        await _accept(fabric, key, group)
    else:
        await asyncio.gather(*(_accept(fabric, key, group) for key, group in conversations.items()))


async def _accept(fabric: Fabric, key: str, inbounds: Sequence[Inbound]) -> None:
    events: dict[str, Event] = {}
    for inbound in inbounds:
        event = arrival(inbound)
        try:
            event = await first_click(fabric, event, inbound)
        except Unavailable as error:
            log.error("accept.store_unavailable", conversation=key, reason=str(error))
        if event.id in events:
            log.info("accept.duplicate", conversation=key, id=event.id)
            continue
        events[event.id] = event
    if not events:
        return
    slot = fabric.admission.slot(inbounds[0].bot, Visitor.of(inbounds[0]))
    entrance = Entrance(fabric, key, inbounds[0], list(events.values()), slot)
    try:
        lane, recorded = await _enter(entrance)
    except crowd.Crowded:
        await crowd.turn_away(fabric, key, inbounds[0], list(events.values()))
        return
    queue = skill_queue(lane.skill)
    try:
        if lane.kept:
            await kept.enqueue_kept(fabric, key)
        delay, began = lane.delay(), time()
        if lane.events:
            with trace.step(f"enqueue {queue}", **_sending(fabric, queue, lane.events)):
                sent = [event.under(trace.traceparent()) for event in lane.events]
                await fabric.bus.send(queue, *sent, delay=delay)
        if delay and time() - began > GAP / 2:
            await _note_delay(fabric, key, lane.events, time() + delay)
        if not recorded:
            await _note_late(entrance, lane)
    except TransientError:
        if not recorded:
            raise
        await kept.keep(fabric, key, queue, lane.events, at=lane.not_before)
    later = {"after": round(lane.delay(), 1)} if lane.not_before else {}
    fresh = {event.id for event in lane.fresh}
    for id in events:
        event_name = "accepted" if id in fresh else "accept.duplicate"
        log.info(event_name, conversation=key, id=id, skill=lane.skill, **later)


def _sending(fabric: Fabric, queue: str, events: Sequence[Event]) -> dict[str, trace.Value]:
    first = events[0]
    return names.message(fabric.bus_system, "send", queue, first.id, first.conversation)


async def _enter(entrance: Entrance) -> tuple[Lane, bool]:
    """Find the lane and note what is accepted in it; whether that was noted.

    While the store does not answer, messages are taken all the same; one whose lane is unknown
    may overtake an unfinished one, which the log calls `accept.unordered`.
    """
    key, started = entrance.key, monotonic()
    lane, pause = None, 0.0
    while True:
        try:
            if lane is None:
                lane = await entrance.look()
            if await entrance.note(lane):
                return lane, True
        except Unavailable as error:
            log.error("accept.store_unavailable", conversation=key, reason=str(error))
        else:
            lane = None
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5 + 0.005)
            continue
        if monotonic() - started > STORE_PATIENCE:
            break
        await asyncio.sleep(STORE_PAUSE)
    if lane is None:
        log.error("accept.unordered", conversation=key)
        bot = entrance.inbound.bot
        at = not_before(bot, entrance.slot, ())
        lane = Lane(bot.default_skill, entrance.events, at)
    return lane.unnumbered(), False


async def at_rest(fabric: Fabric, inbound: Inbound) -> bool:
    """Whether what was accepted is answered, and nothing of its conversation is left to send."""
    store, key, event = fabric.store, inbound.reference.key, arrival(inbound)
    conversation = await stored(store, key)
    if conversation is None or await store.get(key, seen_id(event.id)) is None:
        return False
    notes = await unfinished(store, key, conversation.row)
    if any(note.origin == event.id for note in notes):
        return False
    return not await store.find(key, OUTBOX, limit=1)


def arrival(inbound: Inbound) -> Event:
    """The first event of a chain; its id depends on nothing but the activity's identity."""
    activity, key = inbound.activity, inbound.reference.key
    identity = [key, activity.type, activity.id]
    if not activity.is_message:
        identity.append(str(activity.get("timestamp", "")))
    id = event_id(*identity)
    return Event(
        id=id,
        type=ACTIVITY,
        data={"activity": activity, "reference": inbound.reference.to_dict()},
        bot=inbound.bot.id,
        conversation=key,
        origin=id,
        traceparent=trace.traceparent(),
        time=utc_now(),
    )


async def _note_late(entrance: Entrance, lane: Lane) -> None:
    """The store may be back by now: with a note, the next message keeps behind these."""
    with suppress(Conflict, Unavailable, TimeoutError):
        async with asyncio.timeout(LATE_SECONDS):
            await entrance.note_late(lane)


async def _note_delay(fabric: Fabric, key: str, events: Sequence[Event], at: float) -> None:
    """The send took long, and a delay counts from when the bus had it: later ones keep behind."""
    for event in events:
        with suppress(Conflict, Unavailable):
            note = await noted(fabric.store, key, event.number)
            if note is not None and not note.parked:
                later = replace(note, not_before=at)
                await fabric.store.write(key, later.put(), durable=False)
