"""One effect on its way out: enqueued, published or sent, put back for later, or given up.

Whoever calls owns the effect. What goes wrong decides what becomes of it: a TransientError puts
it back with a wake-up, until it is too old; anything else ends it, on record.
"""

import asyncio
from dataclasses import dataclass, replace
from time import time

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
from shared.event import WAKE, Event, event_id
from shared.fabric import Fabric
from shared.observability import conventions as names
from shared.observability import log, trace
from shared.pipeline.outbox import lateness, postage
from shared.ports.store import Op, Put
from shared.queues import OUTBOUND
from shared.records.conversation import GONE, MAX_AGE, stored
from shared.records.dead_letter import DeadLetter
from shared.records.effect import Effect, Enqueue, Publish, Send, effect_of
from shared.records.receipt import Sent, sent_id

SEND_SECONDS = 10.0
"""Time one send may take; with less left of its lease, an effect is given back."""


async def forward(fabric: Fabric, key: str, effect: Enqueue | Publish) -> bool:
    """Enqueue or publish it.

    Return False when it has to wait: it stays, due at once, for the sweep.
    """
    try:
        event = Event.from_dict(effect.event)
        if isinstance(effect, Publish):
            told = names.message(fabric.topic_system, "publish", event.type, event.id, key)
            with trace.resumed(event.traceparent, f"publish {event.type}", **told):
                await fabric.topic.publish(event.under(trace.position_for(event.traceparent)))
        else:
            delay = max(0.0, effect.at - time())
            told = names.message(fabric.bus_system, "send", effect.queue, event.id, key)
            with trace.resumed(event.traceparent, f"enqueue {effect.queue}", **told):
                here = trace.position_for(event.traceparent)
                await fabric.bus.send(effect.queue, event.under(here), delay=delay)
    except TransientError as error:
        if await _ended(fabric, key, effect, error):
            return True
        log.error("outbox.waits", conversation=key, id=effect.id, reason=str(error))
        await put_back(fabric, key, effect, effect.refused(error, time()))
        return False
    except Exception as error:
        log.error("outbox.failed", exc_info=True, conversation=key, id=effect.id)
        await _give_up(fabric, key, effect, error)
        return True
    await fabric.store.write(key, effect.delete(), durable=False)
    return True


async def send(fabric: Fabric, key: str, effect: Send) -> bool:
    """Send one message, or do with a late one as declared.

    Return False when what follows has to wait.
    """
    channel = effect.reference.channel
    try:
        judged = await _sent(fabric, key, effect)
    except TransientError as error:
        return await _later(fabric, key, effect, error)
    except Exception as error:
        if not isinstance(error, PermanentError):
            log.error("send.failed", exc_info=True, conversation=key, id=effect.id)
        await _give_up(fabric, key, effect, error)
        return True
    effect, late = judged.effect, judged.verdict
    if late.waits:
        own = await _owned(fabric, key, effect)
        if own is None:
            return False
        effect = replace(effect, etag=own.etag)
    ops = done = lateness.ops(late, effect)
    if judged.posted and judged.posted.id and fabric.channel(channel).has_receipts:
        id, held = sent_id(judged.posted.id), judged.posted.micro_usd
        sent = Sent(id=id, channel=channel, status="sent", effect=effect.id, held=held)
        ops = [*done, sent.to_op()]
    try:
        await fabric.store.write(key, *ops, durable=False)
    except Conflict as conflict:
        if conflict.id == effect.place:
            return False
        await fabric.store.write(key, *done, durable=False)
    if not late.waits:
        fabric.last_sent.note(key, effect.place)
    if not late.is_silent:
        log.info("sent", conversation=key, id=effect.id, channel=channel)
    lateness.tell(late, key, effect.id)
    return not late.waits


@dataclass(frozen=True, slots=True)
class _Judged:
    """What was done with an effect: the verdict on it, and the message that was sent."""

    effect: Send
    verdict: lateness.Verdict
    posted: postage.Posted | None = None


async def _sent(fabric: Fabric, key: str, effect: Send) -> _Judged:
    """Do as judged; judge again when the channel knows better."""
    try:
        return await _as_judged(fabric, key, effect)
    except WindowShut:
        return await _as_judged(fabric, key, replace(effect, refused_at=time()))


async def _as_judged(fabric: Fabric, key: str, effect: Send) -> _Judged:
    late = await lateness.judge(fabric, key, effect)
    if late.is_silent:
        return _Judged(effect, late)
    activity = lateness.worded(fabric, late, effect)
    channel = effect.reference.channel
    about: dict[str, trace.Value] = {
        names.CONVERSATION: key,
        names.MESSAGE_ID: effect.id,
        names.CHANNEL: channel,
    }
    with trace.resumed(effect.traceparent, f"send {channel}", **about):
        return _Judged(effect, late, await _deliver(fabric, key, effect.reference, activity))


async def _deliver(
    fabric: Fabric, key: str, reference: ConversationReference, activity: Activity
) -> postage.Posted:
    bot = fabric.bots.get(reference.bot)
    if bot is None:
        raise UnknownBot(reference.bot)
    await fabric.switches.check(bot.id)
    if not reference.reply_to and await _is_gone(fabric, key):
        raise PermanentError("reference_gone", "the bot was removed from this conversation")

    until = asyncio.get_running_loop().time() + SEND_SECONDS  # what is held takes of it too

    async def sent(activity: Activity) -> str:
        try:
            async with asyncio.timeout_at(until):
                return await fabric.channel(reference.channel).send(bot, reference, activity)
        except TimeoutError as error:
            raise Unavailable(f"{reference.channel} does not answer", maybe_done=True) from error

    return await postage.stamped(fabric, bot, reference, activity, sent)


async def _is_gone(fabric: Fabric, key: str) -> bool:
    """Tell whether the bot was removed, or refused, and nobody has spoken there since."""
    gone = await fabric.store.get(key, GONE)
    if gone is None:
        return False
    conversation = await stored(fabric.store, key)
    return conversation is None or conversation.heard <= gone.body["at"]


async def _later(fabric: Fabric, key: str, effect: Send, error: TransientError) -> bool:
    """Put a message back until it may be tried again; give it up when it is too old."""
    if await _ended(fabric, key, effect, error):
        return True
    delay = error.delay(effect.failures)
    waiting = effect.failed(error, time(), delay)
    if not await put_back(fabric, key, effect, waiting):
        return False
    log.warning(
        "send.waits",
        conversation=key,
        id=effect.id,
        after=round(delay, 1),
        failures=waiting.failures,
        reason=str(error),
    )
    if not isinstance(error, Stopped):
        await wake(fabric, key, waiting, waiting.due or 0.0)
    return False


async def _ended(fabric: Fabric, key: str, effect: Effect, error: TransientError) -> bool:
    """Give up what has failed for `MAX_AGE`, or for the time of its error. Tell whether it has."""
    first = effect.first_error(error)
    if first is None or time() - max(first["at"], effect.made) <= min(MAX_AGE, error.within):
        return False
    await _give_up(fabric, key, effect, PermanentError("undeliverable", str(error)))
    return True


async def _give_up(fabric: Fabric, key: str, effect: Effect, error: Exception) -> None:
    reason = error.reason if isinstance(error, PermanentError) else "relay_error"
    own = await _owned(fabric, key, effect)
    if own is None:
        return
    ops: list[Op] = [
        own.take(),
        DeadLetter.of_effect(effect, reason, str(error)).put(),
        fabric.ledger.lost(effect.bot, effect.id),
    ]
    if isinstance(error, ReferenceGone):
        ops.append(Put(GONE, {"at": time()}))
    try:
        await fabric.store.write(key, *ops)
    except Conflict:
        log.info("outbox.claimed_elsewhere", conversation=key, id=effect.place)
        return
    log.error("outbox.dead", conversation=key, id=effect.id, reason=reason)


async def _owned(fabric: Fabric, key: str, effect: Effect) -> Effect | None:
    """Return it as stored, if nobody has claimed or done it: this process may have stood still."""
    item = await fabric.store.get(key, effect.place)
    own = effect_of(item) if item else None
    return own if own and own.tries == effect.tries else None


async def put_back(fabric: Fabric, key: str, effect: Effect, changed: Effect) -> bool:
    """Leave an effect that this process owns, `changed`, for later.

    Return False when it is somebody else's now.
    """
    own = await _owned(fabric, key, effect)
    if own is None:
        return False
    try:
        await fabric.store.write(key, replace(changed, etag=own.etag).put())
    except Conflict:
        return False
    return True


async def wake(fabric: Fabric, key: str, effect: Effect, at: float) -> None:
    """Have `deliver` look at the conversation of an effect at the Unix time `at`."""
    wake = Event(
        id=event_id(effect.id, "wake", f"{at:.3f}"),
        type=WAKE,
        bot=effect.bot,
        conversation=key,
        origin=effect.origin,
        traceparent=trace.position_for(effect.traceparent),
    )
    try:
        await fabric.bus.send(OUTBOUND, wake, delay=max(0.0, at - time()))
    except TransientError as error:
        log.error("outbox.no_wake_up", conversation=key, reason=str(error))
