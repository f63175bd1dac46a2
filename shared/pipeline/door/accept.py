"""The door: what a webhook took in is recorded and enqueued, and only then acknowledged.

Nothing here meets a model, a tool or a URL from the message.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic, time

from shared.dialogue.addressee import addressee
from shared.errors import Conflict, TransientError, Unavailable
from shared.event import ACTIVITY, Event, event_id, utc_now
from shared.fabric import Fabric
from shared.governance.limits.admission import GAP, not_before
from shared.governance.limits.visitor import Visitor
from shared.observability import conventions as names
from shared.observability import log, trace
from shared.pipeline.door import crowd
from shared.pipeline.door.clicks import first_click
from shared.pipeline.outbox import kept
from shared.pipeline.turns import overlap
from shared.ports.channel import Inbound
from shared.ports.store import Create
from shared.queues import skill_queue
from shared.records.acceptance import OVERDUE_SECONDS, PREFIX, noted
from shared.records.conversation import stored
from shared.records.effect import OUTBOX

STORE_PATIENCE, STORE_PAUSE = 0.2, 0.2
"""Seconds after which the door does without a store that fails, and between two tries.

One that does not answer at all is waited for once, as long as its adapter does.
"""

LATE_SECONDS = 1.0
"""How long the note of what the bus took without one may take."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The skill whose queue takes what came in, and from which Unix time on; 0 at once.

    `kept` when what the bus could not take before must go first.
    """

    skill: str
    not_before: float = 0.0
    kept: bool = False

    def delay(self) -> float:
        """Never 0 for what is scheduled, so that it stays behind what was scheduled before."""
        return max(GAP, self.not_before - time()) if self.not_before else 0.0


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
    known: set[str] = set()
    try:
        lane, recorded = await _enter(fabric, key, inbounds[0], list(events.values()), known)
    except crowd.Crowded:
        await crowd.turn_away(fabric, key, inbounds[0], list(events.values()))
        return
    queue = skill_queue(lane.skill)
    try:
        if lane.kept:
            await kept.enqueue_kept(fabric, key)
        delay, began = lane.delay(), time()
        with trace.step(f"enqueue {queue}", **{names.CONVERSATION: key}):
            await fabric.bus.send(queue, *events.values(), delay=delay)
        if delay and time() - began > GAP / 2:
            await _note_delay(fabric, key, list(events.values()), time() + delay)
        if not recorded:
            await _note_late(fabric, key, list(events.values()), lane)
    except TransientError:
        if not recorded:
            raise
        await kept.keep(fabric, key, queue, list(events.values()), at=lane.not_before)
    later = {"after": round(lane.delay(), 1)} if lane.not_before else {}
    for id in events:
        event_name = "accept.duplicate" if id in known else "accepted"
        log.info(event_name, conversation=key, id=id, skill=lane.skill, **later)


async def _enter(
    fabric: Fabric, key: str, inbound: Inbound, events: Sequence[Event], known: set[str]
) -> tuple[Lane, bool]:
    """Find the lane and note what is accepted in it; whether that was noted.

    While the store does not answer, messages are taken all the same; one whose lane is unknown
    may overtake an unfinished one, which the log calls `accept.unordered`.
    """
    slot, started = fabric.admission.slot(inbound.bot, Visitor.of(inbound)), monotonic()
    lane = None
    while True:
        try:
            if lane is None:
                lane = await _lane(fabric, inbound, slot)
            await _record(fabric, key, events, lane, known=known)
            return lane, True
        except Unavailable as error:
            log.error("accept.store_unavailable", conversation=key, reason=str(error))
        if monotonic() - started > STORE_PATIENCE:
            break
        await asyncio.sleep(STORE_PAUSE)
    if lane is None:
        log.error("accept.unordered", conversation=key)
        lane = Lane(inbound.bot.default_skill, not_before(inbound.bot, slot, ()))
    return lane, False


async def at_rest(fabric: Fabric, inbound: Inbound) -> bool:
    """Whether what was accepted is answered, and nothing of its conversation is left to send."""
    store, key = fabric.store, inbound.reference.key
    note = await noted(store, key, arrival(inbound).id)
    if note is None or note.is_open:
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


async def _lane(fabric: Fabric, inbound: Inbound, slot: float) -> Lane:
    """Where and when the activity, whose bot lets it in at `slot`, is enqueued.

    While earlier activities of the conversation are unfinished, the newest one's queue: the
    session keeps the order there, and the turn hands on what belongs elsewhere. Otherwise the
    addressee, so that a turn needs one hop. Raises Crowded.
    """
    key = inbound.reference.key
    unfinished = await crowd.unfinished(fabric, inbound)
    at = not_before(inbound.bot, slot, unfinished)
    if unfinished:
        newest = max(unfinished, key=lambda note: note.at)
        return Lane(newest.skill, at, any(note.kept for note in unfinished))
    conversation = await stored(fabric.store, key)
    skills = [fabric.skills[name] for name in inbound.bot.skills]
    floor, muted = (conversation.floor, conversation.muted) if conversation else ("", False)
    return Lane(addressee(inbound.bot, inbound.activity, skills, floor, muted=muted), at)


async def _note_late(fabric: Fabric, key: str, events: Sequence[Event], lane: Lane) -> None:
    """The store may be back by now: with a note, the next message keeps behind these."""
    with suppress(Unavailable, TimeoutError):
        async with asyncio.timeout(LATE_SECONDS):
            await _record(fabric, key, events, lane, known=set())


async def _note_delay(fabric: Fabric, key: str, events: Sequence[Event], at: float) -> None:
    """The send took long, and a delay counts from when the bus had it: later ones keep behind."""
    for event in events:
        with suppress(Conflict, Unavailable):
            note = await noted(fabric.store, key, event.id)
            if note is not None and note.is_open and not note.parked:
                later = replace(note, not_before=at)
                await fabric.store.write(key, later.put(), durable=False)


async def _record(
    fabric: Fabric, key: str, events: Sequence[Event], lane: Lane, *, known: set[str]
) -> None:
    """Note what is accepted, for the books and the order; add to `known` what was before."""
    due = max(time(), lane.not_before) + OVERDUE_SECONDS
    notes = [overlap.note(fabric, event, lane.skill) for event in events]
    creates = [replace(note, not_before=lane.not_before, due=due).create() for note in notes]
    for start in range(0, len(creates), 50):
        await _create(fabric, key, creates[start : start + 50], known)


async def _create(fabric: Fabric, key: str, creates: Sequence[Create], known: set[str]) -> None:
    """Create them together, or, when some exist already, those that do not."""
    try:
        await fabric.store.write(key, *creates, durable=False)
    except Conflict:
        if len(creates) == 1:
            known.add(creates[0].id.removeprefix(PREFIX))
            return
        for create in creates:
            await _create(fabric, key, [create], known)
