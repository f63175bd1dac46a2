"""Effects that are committed and not yet done: sent at once, in order, or when they can go.

An effect is an item `outbox:<number>` in its conversation's partition. Whoever committed it
owns it until its `due` time; after that anyone may claim it, guarded by its etag. A claim of
something whose first send may have reached the channel is recorded as `repeat:`.
"""

import asyncio
from collections.abc import Sequence
from time import time, time_ns
from typing import Any

from shared import lateness
from shared.activity import Activity, ConversationReference
from shared.conversation import DEAD_KEPT, DOCUMENT, MAX_AGE, MAX_CONFLICTS, REMEMBERED
from shared.effects import LEASE
from shared.errors import (
    Conflict,
    PermanentError,
    ReferenceGone,
    Stopped,
    TransientError,
    Unavailable,
    Waits,
)
from shared.event import LONGEST_ERROR, WAKE, Event, event_id
from shared.fabric import Fabric
from shared.governance import switches
from shared.governance.admission import GAP
from shared.observability import log
from shared.pace import Pace
from shared.ports import Create, Delete, Item, Op, Put

KEPT = f"outbox:{0:012d}."
"""Prefix of what the bus could not take at the door, in order of time."""

OUTBOUND = "outbound"
"""The queue of wake-ups: a conversation has something to send that could not go at once."""

LOOK_AGAIN = 1.0
"""Seconds after which to look whether somebody else has done what is in the way."""

SEND_SECONDS = 10.0
"""Time one send may take; with less left of its lease, an effect is given back."""

PATIENCE = 1.2
"""Seconds that a paced message is waited for in place; later ones take the queue."""


async def keep(
    fabric: Fabric, key: str, queue: str, events: Sequence[Event], *, at: float = 0.0
) -> None:
    """Store events that the bus could not take just now; the sweep enqueues them, not before `at`.

    `kept` in the note of each tells the door that something must go before what comes next. A
    bus whose answer was lost may have them all the same: one that was worked is not kept.
    """
    for number, event in enumerate(events):
        for _ in range(MAX_CONFLICTS):
            try:
                await _keep(fabric, key, queue, event, number=number, at=at)
            except Conflict:
                continue
            break
        else:
            raise TransientError("others keep changing the note")


async def _keep(
    fabric: Fabric, key: str, queue: str, event: Event, *, number: int, at: float
) -> None:
    """Raises Conflict when the event is being worked in this moment."""
    now, id = time(), f"accepted:{event.id}"
    note = await fabric.store.get(key, id)
    if note is not None and (note.due is None or note.body.get("parked")):
        return
    skill = queue.removeprefix("skill-")
    body: dict[str, Any] = {"skill": skill, "at": event.began(), "kept": True}
    if at:
        body["not_before"] = at
    due = now + LEASE
    op = (
        Put(id, body, etag=note.etag, due=due, ttl=REMEMBERED)
        if note
        else Create(id, body, due=due, ttl=REMEMBERED)
    )
    kept = {
        "kind": "queue",
        "queue": queue,
        "event": event.to_dict(),
        "effect": event.id,
        "cause": "",
        "origin": event.origin,
        "made": now,
        "tries": 0,
        "at": at,
    }
    place = f"{KEPT}{time_ns():020d}.{number:04d}.{event.id}"
    await fabric.store.write(key, op, Put(place, kept, due=now))


async def enqueue_kept(fabric: Fabric, key: str) -> None:
    """Enqueue what `keep` stored before, so that newer activities do not overtake it."""
    for item in await fabric.store.find(key, KEPT, limit=1000):
        event, at = Event.from_dict(item.body["event"]), item.body["at"]
        delay = max(GAP, at - time()) if at else 0.0
        await fabric.bus.send(item.body["queue"], event, delay=delay)
        await fabric.store.write(key, Delete(item.id), durable=False)


async def relay(fabric: Fabric, key: str, effects: Sequence[Create]) -> None:
    """Do what this process just committed; what cannot go now is left with a wake-up.

    Messages to people keep their order: they wait behind what is still in the outbox.
    """
    for effect in effects:
        if effect.body["kind"] != "send":
            await _forward(fabric, key, effect.id, effect.body)
    sends = [effect for effect in effects if effect.body["kind"] == "send"]
    if not sends:
        return
    waiting = await fabric.store.find(key, "outbox:", limit=len(effects) + 20)
    if any(item.body["kind"] == "send" and item.id < sends[0].id for item in waiting):
        await _release(fabric, key, sends)
        await drain(fabric, key)
        return
    for place, effect in enumerate(sends):
        delay = effect.body["not_before"] - time()
        if delay > PATIENCE:
            await _release(fabric, key, sends[place:])
            await _wake(fabric, key, effect.body, effect.body["not_before"])
            return
        if delay > 0:
            await asyncio.sleep(delay)
        if time() > (effect.due or 0) - SEND_SECONDS:
            await _release(fabric, key, sends[place:])
            await drain(fabric, key)
            return
        if not await _send(fabric, key, effect.id, effect.body):
            await _release(fabric, key, sends[place + 1 :])
            return


async def take_over(fabric: Fabric, event: Event) -> None:
    """Do what an earlier delivery of `event` committed and, by crashing, left behind."""
    key = event.conversation
    for item in await fabric.store.find(key, "outbox:", limit=1000):
        if item.body["cause"] == event.id and (item.due or 0) > time():
            try:
                await fabric.store.write(key, Put(item.id, item.body, etag=item.etag, due=time()))
            except Conflict:
                log.info("outbox.claimed_elsewhere", conversation=key, id=item.id)
    await drain(fabric, key)


async def drain(fabric: Fabric, key: str) -> None:
    """Do everything of one conversation that is due, in order, claiming each item first.

    What had to wait has its slot behind it: it goes in the pace of the channel from here on.
    """
    await _drain_kept(fabric, key)
    pace, slots = Pace(), dict[str, float]()
    moved = True
    while moved:
        moved = False
        for item in await fabric.store.find(key, "outbox:", after=f"{KEPT}~", limit=1000):
            body = item.body
            due = max(item.due or 0.0, body.get("not_before", 0.0))
            if body["kind"] == "send":
                if await lateness.reopened(fabric, key, body):
                    due = 0.0
                if item.id not in slots:
                    channel = fabric.channel(body["reference"]["channel"])
                    slots[item.id] = pace.reserve(channel.limits, max(due, time()))
                due = max(due, slots[item.id])
            wait = due - time()
            if wait > 0 and body["kind"] != "send":
                continue
            if wait > PATIENCE:
                await _wake(fabric, key, body, _next_look(item, due))
                break
            if 0 < wait <= PATIENCE:
                await asyncio.sleep(wait)
            if not await _claim(fabric, key, item):
                return
            if body["kind"] == "send":
                if not await _send(fabric, key, item.id, body):
                    return
                moved = True
            elif await _forward(fabric, key, item.id, body):
                moved = True


async def _drain_kept(fabric: Fabric, key: str) -> None:
    """What was kept at the door, in order: each waits for the one before, whoever has that."""
    for item in await fabric.store.find(key, KEPT, limit=1000):
        if (item.due or 0.0) > time():
            return
        if not await _claim(fabric, key, item):
            return
        if not await _forward(fabric, key, item.id, item.body):
            return


def _next_look(item: Item, due: float) -> float:
    """When to see to an item that waits until `due`; its owner may be done with it long before."""
    paced = float(item.body.get("not_before", 0.0))
    leased = not item.body.get("failures") and (item.due or 0.0) > max(paced, time())
    return max(paced, time() + LOOK_AGAIN) if leased else due


async def sweep(fabric: Fabric) -> None:
    """Do what is past its time in every conversation: what a crash or an outage left."""
    late = await fabric.store.find(None, "outbox:", due_by=time(), limit=1000)
    for key in dict.fromkeys(item.partition for item in late):
        log.warning("outbox.swept", conversation=key)
        try:
            await drain(fabric, key)
        except Exception as error:
            log.error("outbox.still_waiting", conversation=key, reason=str(error))


async def _claim(fabric: Fabric, key: str, item: Item) -> bool:
    """Own the item for the next `LEASE` seconds; False when somebody else was faster."""
    tries = item.body["tries"]
    ops: list[Op] = [
        Put(item.id, {**item.body, "tries": tries + 1}, etag=item.etag, due=time() + LEASE)
    ]
    if tries and item.body["kind"] == "send":
        ops.append(Put(f"repeat:{item.body['effect']}:{tries}", {"made": time()}, ttl=REMEMBERED))
    try:
        await fabric.store.write(key, *ops)
    except Conflict:
        return False
    item.body["tries"] = tries + 1
    return True


async def _forward(fabric: Fabric, key: str, id: str, body: dict[str, Any]) -> bool:
    """Enqueue or publish; False when that fails: the item stays, due at once, for the sweep."""
    try:
        event = Event.from_dict(body["event"])
        if body["kind"] == "publish":
            await fabric.topic.publish(event)
        else:
            await fabric.bus.send(body["queue"], event, delay=max(0.0, body["at"] - time()))
    except TransientError as error:
        log.error("outbox.waits", conversation=key, id=event.id, reason=str(error))
        waiting = {**body, "tries": 0, "first": _first_error(body, error)}
        await _put_back(fabric, key, id, body, waiting, due=time())
        return False
    except Exception as error:
        log.error("outbox.failed", exc_info=True, conversation=key, id=body["effect"])
        await _give_up(fabric, key, id, body, error)
        return True
    await fabric.store.write(key, Delete(id), durable=False)
    return True


async def _send(fabric: Fabric, key: str, id: str, body: dict[str, Any]) -> bool:
    """Send one message, or do with a late one as declared; False when what follows has to wait."""
    reference = ConversationReference.from_dict(body["reference"])
    message_id = ""
    try:
        late = await lateness.judge(fabric, key, body)
        if late.done not in ("park", "drop"):
            activity = lateness.worded(fabric, late, body)
            message_id = await _deliver(fabric, key, reference, activity)
    except TransientError as error:
        return await _later(fabric, key, id, body, error)
    except Exception as error:
        if not isinstance(error, PermanentError):
            log.error("send.failed", exc_info=True, conversation=key, id=body["effect"])
        await _give_up(fabric, key, id, body, error)
        return True
    ops = done = lateness.ops(late, id, body)
    if message_id:
        sent = {"effect": body["effect"], "status": "sent", "channel": reference.channel}
        ops = [*done, Create(sent_id(message_id), sent, ttl=REMEMBERED)]
    try:
        await fabric.store.write(key, *ops, durable=False)
    except Conflict:
        await fabric.store.write(key, *done, durable=False)
    if late.done not in ("park", "drop"):
        log.info("sent", conversation=key, id=body["effect"], channel=reference.channel)
    lateness.tell(late, key, body["effect"])
    return late.done not in ("park", "template")


async def _deliver(
    fabric: Fabric, key: str, reference: ConversationReference, activity: Activity
) -> str:
    bot = fabric.bots.get(reference.bot)
    if bot is None:
        raise PermanentError("unknown_bot", f"no manifest for {reference.bot}")
    if held := await fabric.switches.held(bot.id):
        raise Stopped(held, after=switches.LOOK_AGAIN)
    if not reference.reply_to and await _is_gone(fabric, key):
        raise PermanentError("reference_gone", "the bot was removed from this conversation")
    try:
        async with asyncio.timeout(SEND_SECONDS):
            return await fabric.channel(reference.channel).send(bot, reference, activity)
    except TimeoutError as error:
        raise Unavailable(f"{reference.channel} does not answer", maybe_done=True) from error


async def _is_gone(fabric: Fabric, key: str) -> bool:
    """Whether the channel said so, and nobody has spoken there since."""
    gone = await fabric.store.get(key, "gone")
    if gone is None:
        return False
    known = await fabric.store.get(key, DOCUMENT)
    return known is None or known.body["heard"] < gone.body["at"]


def sent_id(message_id: str) -> str:
    """The id of the record of an outbound message, from the channel's id for it."""
    return f"sent:{event_id(message_id)}"


async def _later(
    fabric: Fabric, key: str, id: str, body: dict[str, Any], error: TransientError
) -> bool:
    """Put a message back until it may be tried again; give it up when it is too old."""
    now = time()
    if now - body["made"] > MAX_AGE and not isinstance(error, Stopped):
        await _give_up(fabric, key, id, body, PermanentError("undeliverable", str(error)))
        return True
    failures = body.get("failures", 0) + 1
    delay = error.delay(failures - 1)
    tries = body["tries"] - (0 if error.maybe_done else 1)
    first = _first_error(body, error)
    waiting = {**body, "failures": failures, "tries": tries, "first": first}
    if not await _put_back(fabric, key, id, body, waiting, due=now + delay):
        return False
    log.warning(
        "send.waits",
        conversation=key,
        id=body["effect"],
        after=round(delay, 1),
        failures=failures,
        reason=str(error),
    )
    await _wake(fabric, key, waiting, now + delay)
    return False


def _first_error(body: dict[str, Any], error: TransientError) -> dict[str, Any] | None:
    """`{"at", "error"}` of the first time that this effect failed."""
    if body.get("first") or isinstance(error, Waits):
        return body.get("first")
    return {"at": time(), "error": str(error)[:LONGEST_ERROR]}


async def _give_up(
    fabric: Fabric, key: str, id: str, body: dict[str, Any], error: Exception
) -> None:
    reason = error.reason if isinstance(error, PermanentError) else "relay_error"
    item = await _owned(fabric, key, id, body)
    if item is None:
        return
    dead = {**body, "reason": reason, "detail": str(error), "at": time()}
    ops: list[Op] = [
        Delete(id, etag=item.etag),
        Put(f"dead:{body['effect']}", dead, ttl=DEAD_KEPT),
    ]
    if isinstance(error, ReferenceGone):
        ops.append(Put("gone", {"at": time()}))
    try:
        await fabric.store.write(key, *ops)
    except Conflict:
        log.info("outbox.claimed_elsewhere", conversation=key, id=id)
        return
    log.error("outbox.dead", conversation=key, id=body["effect"], reason=reason)


async def _release(fabric: Fabric, key: str, effects: Sequence[Create]) -> None:
    """Give effects that were not tried back: anyone may take them from now on."""
    now = time()
    for e in effects:
        free = {**e.body, "tries": 0}
        await _put_back(fabric, key, e.id, e.body, free, due=max(now, e.body["not_before"]))


async def _owned(fabric: Fabric, key: str, id: str, body: dict[str, Any]) -> Item | None:
    """The item, if nobody has claimed or done it since: this process may have stood still."""
    item = await fabric.store.get(key, id)
    return item if item is not None and item.body["tries"] == body["tries"] else None


async def _put_back(
    fabric: Fabric, key: str, id: str, body: dict[str, Any], changed: dict[str, Any], *, due: float
) -> bool:
    """Leave an effect that this process owns for later; False when it is somebody else's now."""
    item = await _owned(fabric, key, id, body)
    if item is None:
        return False
    try:
        await fabric.store.write(key, Put(id, changed, etag=item.etag, due=due))
    except Conflict:
        return False
    return True


async def _wake(fabric: Fabric, key: str, body: dict[str, Any], at: float) -> None:
    """Have `deliver` look at this conversation at the Unix time `at`."""
    wake = Event(
        id=event_id(body["effect"], "wake", f"{at:.3f}"),
        type=WAKE,
        bot=body["reference"]["bot"],
        conversation=key,
        origin=body["origin"],
    )
    try:
        await fabric.bus.send(OUTBOUND, wake, delay=max(0.0, at - time()))
    except TransientError as error:
        log.error("outbox.no_wake_up", conversation=key, reason=str(error))
