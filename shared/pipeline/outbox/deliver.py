"""One effect on its way out: enqueued, published or sent, put back for later, or given up.

Whoever calls owns the effect. What goes wrong decides what becomes of it: a TransientError puts
it back with a wake-up, until it is too old; anything else ends it, on record.
"""

import asyncio
from time import time
from typing import Any

from shared.activity import Activity, ConversationReference
from shared.errors import (
    Conflict,
    PermanentError,
    ReferenceGone,
    Stopped,
    TransientError,
    Unavailable,
    UnknownBot,
    WindowShut,
)
from shared.event import LONGEST_ERROR, WAKE, Event, event_id
from shared.fabric import Fabric
from shared.observability import conventions as names
from shared.observability import log, trace
from shared.pipeline.outbox import lateness
from shared.ports.store import Create, Delete, Item, Op, Put
from shared.queues import OUTBOUND
from shared.records.conversation import DEAD_KEPT, DOCUMENT, GONE, MAX_AGE, REMEMBERED

SEND_SECONDS = 10.0
"""Time one send may take; with less left of its lease, an effect is given back."""


async def forward(fabric: Fabric, key: str, id: str, body: dict[str, Any]) -> bool:
    """Enqueue or publish; False when it has to wait: it stays, due at once, for the sweep."""
    try:
        event = Event.from_dict(body["event"])
        if body["kind"] == "publish":
            with trace.step(f"publish {event.type}", **{names.MESSAGE_ID: event.id}):
                await fabric.topic.publish(event)
        else:
            delay = max(0.0, body["at"] - time())
            with trace.step(f"enqueue {body['queue']}", **{names.MESSAGE_ID: event.id}):
                await fabric.bus.send(body["queue"], event, delay=delay)
    except TransientError as error:
        if await _ended(fabric, key, id, body, error):
            return True
        log.error("outbox.waits", conversation=key, id=event.id, reason=str(error))
        waiting = {**body, "tries": 0, "first": _first_error(body, error)}
        await put_back(fabric, key, id, body, waiting, due=time())
        return False
    except Exception as error:
        log.error("outbox.failed", exc_info=True, conversation=key, id=body["effect"])
        await _give_up(fabric, key, id, body, error)
        return True
    await fabric.store.write(key, Delete(id), durable=False)
    return True


async def send(fabric: Fabric, key: str, id: str, body: dict[str, Any]) -> bool:
    """Send one message, or do with a late one as declared; False when what follows has to wait."""
    reference = ConversationReference.from_dict(body["reference"])
    try:
        late, message_id = await _sent(fabric, key, reference, body)
    except TransientError as error:
        return await _later(fabric, key, id, body, error)
    except Exception as error:
        if not isinstance(error, PermanentError):
            log.error("send.failed", exc_info=True, conversation=key, id=body["effect"])
        await _give_up(fabric, key, id, body, error)
        return True
    item = await _owned(fabric, key, id, body) if late.waits else None
    if late.waits and item is None:
        return False
    ops = done = lateness.ops(late, id, body, item.etag if item else None)
    if message_id:
        sent = {"effect": body["effect"], "status": "sent", "channel": reference.channel}
        ops = [*done, Create(sent_id(message_id), sent, ttl=REMEMBERED)]
    try:
        await fabric.store.write(key, *ops, durable=False)
    except Conflict as conflict:
        if conflict.id == id:
            return False
        await fabric.store.write(key, *done, durable=False)
    if not late.is_silent:
        log.info("sent", conversation=key, id=body["effect"], channel=reference.channel)
    lateness.tell(late, key, body["effect"])
    return not late.waits


async def _sent(
    fabric: Fabric, key: str, reference: ConversationReference, body: dict[str, Any]
) -> tuple[lateness.Verdict, str]:
    """The verdict and the channel's id; judged again when the channel knows better."""
    try:
        return await _as_judged(fabric, key, reference, body)
    except WindowShut:
        body[lateness.REFUSED_AT] = time()
        return await _as_judged(fabric, key, reference, body)


async def _as_judged(
    fabric: Fabric, key: str, reference: ConversationReference, body: dict[str, Any]
) -> tuple[lateness.Verdict, str]:
    late = await lateness.judge(fabric, key, body)
    if late.is_silent:
        return late, ""
    activity = lateness.worded(fabric, late, body)
    return late, await _deliver(fabric, key, reference, activity)


async def _deliver(
    fabric: Fabric, key: str, reference: ConversationReference, activity: Activity
) -> str:
    bot = fabric.bots.get(reference.bot)
    if bot is None:
        raise UnknownBot(reference.bot)
    await fabric.switches.check(bot.id)
    if not reference.reply_to and await _is_gone(fabric, key):
        raise PermanentError("reference_gone", "the bot was removed from this conversation")
    try:
        with trace.step(f"send {reference.channel}", **{names.CONVERSATION: key}):
            async with asyncio.timeout(SEND_SECONDS):
                return await fabric.channel(reference.channel).send(bot, reference, activity)
    except TimeoutError as error:
        raise Unavailable(f"{reference.channel} does not answer", maybe_done=True) from error


async def _is_gone(fabric: Fabric, key: str) -> bool:
    """Tell whether the bot was removed, or refused, and nobody has spoken there since."""
    gone = await fabric.store.get(key, GONE)
    if gone is None:
        return False
    known = await fabric.store.get(key, DOCUMENT)
    return known is None or known.body["heard"] <= gone.body["at"]


def sent_id(message_id: str) -> str:
    """The id of the record of an outbound message, from the channel's id for it."""
    return f"sent:{event_id(message_id)}"


async def _later(
    fabric: Fabric, key: str, id: str, body: dict[str, Any], error: TransientError
) -> bool:
    """Put a message back until it may be tried again; give it up when it is too old."""
    now = time()
    if await _ended(fabric, key, id, body, error):
        return True
    failures = body.get("failures", 0) + 1
    delay = error.delay(failures - 1)
    tries = body["tries"] - (0 if error.maybe_done else 1)
    first = _first_error(body, error)
    waiting = {**body, "failures": failures, "tries": tries, "first": first}
    if isinstance(error, Stopped):
        waiting["stopped_by"] = error.by
    if not await put_back(fabric, key, id, body, waiting, due=now + delay):
        return False
    log.warning(
        "send.waits",
        conversation=key,
        id=body["effect"],
        after=round(delay, 1),
        failures=failures,
        reason=str(error),
    )
    if not isinstance(error, Stopped):
        await wake(fabric, key, waiting, now + delay)
    return False


def _first_error(body: dict[str, Any], error: TransientError) -> dict[str, Any] | None:
    """`{"at", "error"}` of the first time that this effect failed, not counting before a stop."""
    if isinstance(error, Stopped):
        return None
    return body.get("first") or {"at": time(), "error": str(error)[:LONGEST_ERROR]}


async def _ended(
    fabric: Fabric, key: str, id: str, body: dict[str, Any], error: TransientError
) -> bool:
    """Give up what has failed for `MAX_AGE`, or for the time of its error. Tell whether it has."""
    first = _first_error(body, error)
    if first is None or time() - max(first["at"], body["made"]) <= min(MAX_AGE, error.within):
        return False
    await _give_up(fabric, key, id, body, PermanentError("undeliverable", str(error)))
    return True


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
        ops.append(Put(GONE, {"at": time()}))
    try:
        await fabric.store.write(key, *ops)
    except Conflict:
        log.info("outbox.claimed_elsewhere", conversation=key, id=id)
        return
    log.error("outbox.dead", conversation=key, id=body["effect"], reason=reason)


async def _owned(fabric: Fabric, key: str, id: str, body: dict[str, Any]) -> Item | None:
    """The item, if nobody has claimed or done it since: this process may have stood still."""
    item = await fabric.store.get(key, id)
    return item if item is not None and item.body["tries"] == body["tries"] else None


async def put_back(
    fabric: Fabric, key: str, id: str, body: dict[str, Any], changed: dict[str, Any], *, due: float
) -> bool:
    """Leave an effect that this process owns for later; False when it is somebody else's now."""
    item = await _owned(fabric, key, id, body)
    if item is None:
        return False
    try:
        free = {**changed, "owner": ""}
        await fabric.store.write(key, Put(id, free, etag=item.etag, due=due))
    except Conflict:
        return False
    return True


def bot_of(body: dict[str, Any]) -> str:
    """The bot whose effect this is."""
    return str(body["reference"]["bot"] if "reference" in body else body["event"].get("bot", ""))


async def wake(fabric: Fabric, key: str, body: dict[str, Any], at: float) -> None:
    """Have `deliver` look at the conversation of an effect at the Unix time `at`."""
    wake = Event(
        id=event_id(body["effect"], "wake", f"{at:.3f}"),
        type=WAKE,
        bot=bot_of(body),
        conversation=key,
        origin=body["origin"],
    )
    try:
        await fabric.bus.send(OUTBOUND, wake, delay=max(0.0, at - time()))
    except TransientError as error:
        log.error("outbox.no_wake_up", conversation=key, reason=str(error))
