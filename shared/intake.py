"""The door: what a webhook took in is recorded and enqueued, and only then acknowledged.

Nothing here meets a model, a tool or a URL from the message.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic, time

from shared import outbox, overlap
from shared.activity import Activity
from shared.conversation import DOCUMENT, REMEMBERED, Conversation, addressee
from shared.errors import Conflict, TransientError, Unavailable
from shared.event import ACTIVITY, Event, event_id, utc_now
from shared.fabric import Fabric
from shared.observability import log, trace
from shared.ports import Create, Inbound

OVERDUE = 600.0
"""Seconds after which an accepted activity that is not finished is late."""

STORE_PATIENCE, STORE_PAUSE = 0.2, 0.2
"""Seconds after which the door does without a store that fails, and between two tries.

One that does not answer at all is waited for once, as long as its adapter does.
"""

LATE_SECONDS = 1.0
"""How long the note of what the bus took without one may take."""

CLICK_WINDOW = 90
"""Seconds in which the same card action by the same person is one click."""


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
        if _is_click(inbound.activity):
            try:
                event = await first_click(fabric, event, inbound.activity)
            except Unavailable as error:
                log.error("accept.store_unavailable", conversation=key, reason=str(error))
        if event.id in events:
            log.info("accept.duplicate", conversation=key, id=event.id)
            continue
        events[event.id] = event
    if not events:
        return
    known: set[str] = set()
    skill, kept, recorded = await _enter(fabric, key, inbounds[0], list(events.values()), known)
    try:
        if kept:
            await outbox.enqueue_kept(fabric, key)
        await fabric.bus.send(f"skill-{skill}", *events.values())
        if not recorded:
            await _note_late(fabric, key, list(events.values()), skill)
    except TransientError:
        if not recorded:
            raise
        await outbox.keep(fabric, key, f"skill-{skill}", list(events.values()))
    for id in events:
        event_name = "accept.duplicate" if id in known else "accepted"
        log.info(event_name, conversation=key, id=id, skill=skill)


async def _enter(
    fabric: Fabric, key: str, inbound: Inbound, events: Sequence[Event], known: set[str]
) -> tuple[str, bool, bool]:
    """Find the lane and note what is accepted in it: skill, `kept` of `_lane`, whether noted.

    While the store does not answer, messages are taken all the same; one whose lane is unknown
    may overtake an unfinished one, which the log calls `accept.unordered`.
    """
    skill, kept, started = "", False, monotonic()
    while True:
        try:
            if not skill:
                skill, kept = await _lane(fabric, inbound)
            await _record(fabric, key, events, skill, known=known)
            return skill, kept, True
        except Unavailable as error:
            log.error("accept.store_unavailable", conversation=key, reason=str(error))
        if monotonic() - started > STORE_PATIENCE:
            break
        await asyncio.sleep(STORE_PAUSE)
    if not skill:
        log.error("accept.unordered", conversation=key)
    return skill or inbound.bot.default_skill, kept, False


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


def _is_click(activity: Activity) -> bool:
    return activity.value is not None and not activity.text


async def first_click(fabric: Fabric, event: Event, activity: Activity) -> Event:
    """The event under the id with which this click was first seen; as it is for the first.

    Teams may repeat a card action about 30 s later under a new id and timestamp.
    """
    value = json.dumps(activity.value, sort_keys=True)
    marker = "click:" + event_id(
        str(activity.sender.get("id")), activity.name, activity.reply_to_id, value
    )
    try:
        create = Create(marker, {"event": event.id}, ttl=CLICK_WINDOW)
        await fabric.store.write(event.conversation, create)
    except Conflict:
        if first := await fabric.store.get(event.conversation, marker):
            id = str(first.body["event"])
            return replace(event, id=id, origin=id)
    return event


async def _lane(fabric: Fabric, inbound: Inbound) -> tuple[str, bool]:
    """The skill whose queue takes the activity, and whether kept ones must go before it.

    While earlier activities of the conversation are unfinished, the newest one's queue: the
    session keeps the order there, and the turn hands on what belongs elsewhere. Otherwise the
    addressee, so that a turn needs one hop.
    """
    key = inbound.reference.key
    unfinished = await fabric.store.find(key, "accepted:", due_by=float("inf"), limit=1000)
    if unfinished:
        newest = max(unfinished, key=lambda item: item.body["at"])
        return str(newest.body["skill"]), any(item.body.get("kept") for item in unfinished)
    item = await fabric.store.get(key, DOCUMENT)
    skills = [fabric.skills[name] for name in inbound.bot.skills]
    if item is None:
        return addressee(inbound.bot, inbound.activity, skills), False
    known = Conversation.from_item(item)
    floor, muted = known.floor, known.muted
    return addressee(inbound.bot, inbound.activity, skills, floor, muted=muted), False


async def _note_late(fabric: Fabric, key: str, events: Sequence[Event], skill: str) -> None:
    """The store may be back by now: with a note, the next message keeps behind these."""
    with suppress(Unavailable, TimeoutError):
        async with asyncio.timeout(LATE_SECONDS):
            await _record(fabric, key, events, skill, known=set())


async def _record(
    fabric: Fabric, key: str, events: Sequence[Event], skill: str, *, known: set[str]
) -> None:
    """Note what is accepted, for the books and the order; add to `known` what was before."""
    due = time() + OVERDUE
    creates = [
        Create(f"accepted:{event.id}", overlap.note(fabric, event, skill), due=due, ttl=REMEMBERED)
        for event in events
    ]
    for start in range(0, len(creates), 50):
        await _create(fabric, key, creates[start : start + 50], known)


async def _create(fabric: Fabric, key: str, creates: Sequence[Create], known: set[str]) -> None:
    """Create them together, or, when some exist already, those that do not."""
    try:
        await fabric.store.write(key, *creates, durable=False)
    except Conflict:
        if len(creates) == 1:
            known.add(creates[0].id.removeprefix("accepted:"))
            return
        for create in creates:
            await _create(fabric, key, [create], known)
