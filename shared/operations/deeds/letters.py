"""What died is sent again, or dismissed.

`redrive` sends a letter where it was on its way to, under a new id that no broker and no `seen`
marker knows, the oldest of a conversation first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import time

from shared.errors import Conflict, FabricError, PermanentError, TransientError
from shared.event import ACTIVITY, Event, utc_now
from shared.fabric import Fabric
from shared.governance.audit import Operator
from shared.observability import conventions as names
from shared.observability import log, trace
from shared.observability.failure import code
from shared.operations.deeds.record import on_record
from shared.operations.reports.letters import Letter
from shared.pipeline.outbox import relay
from shared.queues import skill_of, skill_queue
from shared.records.acceptance import OVERDUE_SECONDS, Acceptance
from shared.records.change import undisturbed
from shared.records.conversation import stored
from shared.records.dead_letter import BODY, EVENT
from shared.records.effect import Effect, Send


@dataclass(slots=True)
class Moved:
    """`failed` says by id why a letter stays; `down` is set when something did not answer."""

    done: list[Letter] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    down: TransientError | None = None


async def move(fabric: Fabric, who: Operator, action: str, letters: Sequence[Letter]) -> Moved:
    """`redrive` or `discard` these, in their order.

    What follows in the conversation of one that could not go just now stays behind it.
    """
    deed = redrive if action == "redrive" else discard
    moved, held = Moved(), set[str]()
    for letter in letters:
        if letter.conversation in held:
            moved.failed[letter.id] = "an earlier one of its conversation did not go"
            continue
        target = {
            "letter": letter.id,
            "conversation": letter.conversation,
            "bot": letter.bot,
            "queue": letter.queue,
            "reason": letter.reason,
        }
        try:
            await on_record(fabric, who, action, target, partial(deed, fabric, letter))
        except FabricError as error:
            moved.failed[letter.id] = str(error)
            if isinstance(error, TransientError):
                moved.down = error
                held.add(letter.conversation)
        else:
            moved.done.append(letter)
    return moved


async def redrive(fabric: Fabric, letter: Letter) -> None:
    """Send it again, once however often this is tried.

    Raises PermanentError for what cannot be sent again, TransientError when the bus or the
    store does not answer; the letter then stays.
    """
    if letter.record.kind == BODY:
        raise PermanentError("not_an_event", "only discard is left for a body that is no event")
    told: dict[str, trace.Value] = {names.CONVERSATION: letter.conversation}
    with trace.resumed(letter.record.traceparent, "redrive", **told):
        if letter.record.kind == EVENT:
            await _send_again(fabric, letter)
        else:
            await _into_outbox(fabric, letter)
    _tell("dead.redriven", letter)


async def discard(fabric: Fabric, letter: Letter) -> None:
    """Dismiss it: it stays on record and in the books, and is listed no more."""
    await fabric.store.write(letter.conversation, letter.record.dismissed().put())
    _tell("dead.discarded", letter)


def _tell(event: str, letter: Letter) -> None:
    reason = code(letter.reason)
    log.info(event, conversation=letter.conversation, id=letter.id, reason=reason)


async def _send_again(fabric: Fabric, letter: Letter) -> None:
    """The event under an id that follows from its attempts, so that a second try is a copy."""
    kept = Event.from_dict(letter.record.event or {})
    if "omitted_bytes" in kept.data:
        raise PermanentError("body_not_kept", "the event was too large to be kept")
    event = await fabric.claims.redeem(kept) if kept.is_ticket else kept
    bot = fabric.bots.get(event.bot)
    queue = letter.queue or (skill_queue(bot.default_skill) if bot else "")
    if not queue:
        raise PermanentError("unknown_bot", f"no manifest for {event.bot}")
    attempt = event.attempt + 1
    id = f"{event.work_id}:replay:{attempt}"
    data = {**event.data, "asked": event.asked()} if event.type == ACTIVITY else event.data
    again = replace(event, id=id, data=data, attempt=attempt, cause=event.id, time=utc_now())
    if event.origin and event.type == ACTIVITY:
        await undisturbed(partial(_open_again, fabric, again, queue))
    told = names.message(fabric.bus_system, "send", queue, again.id, again.conversation)
    with trace.step(f"enqueue {queue}", **told):
        here = trace.position_for(again.traceparent)
        await fabric.bus.send(queue, again.under(here))
    await fabric.store.write(letter.conversation, letter.record.delete())
    if kept.is_ticket:
        await fabric.claims.remove(kept)


async def _open_again(fabric: Fabric, event: Event, queue: str) -> None:
    """Note it as unfinished, in its place. Raises Conflict when others write in this moment."""
    note = Acceptance.of(event, skill_of(queue)).open_until(time() + OVERDUE_SECONDS)
    conversation = await stored(fabric.store, event.conversation)
    if conversation is None:
        note = replace(note, number=0)
        await fabric.store.write(event.conversation, note.put())
        return
    conversation.row.open_again(event.number)
    await fabric.store.write(event.conversation, note.put(), conversation.to_op())


async def _into_outbox(fabric: Fabric, letter: Letter) -> None:
    """Put the effect at the end of its conversation's outbox, which then goes."""
    effect = letter.record.effect
    if effect is None:
        raise PermanentError("no_effect", "the letter is none of an effect")
    await undisturbed(partial(_exchange, fabric, letter, effect))
    await relay.drain(fabric, letter.conversation)


async def _exchange(fabric: Fabric, letter: Letter, effect: Effect) -> None:
    """Write the effect for its letter, once. Raises Conflict when others write in this moment."""
    store, key, taken = fabric.store, letter.conversation, letter.record.take()
    conversation = await stored(store, key)
    if conversation is None:
        raise PermanentError("no_conversation", "nothing is known of its conversation")
    is_message = isinstance(effect, Send) and not effect.is_indicator
    place = conversation.next_message_id() if is_message else conversation.next_outbox_id()
    try:
        again = effect.again(place, time())
        await store.write(key, taken, conversation.to_op(), again.create())
    except Conflict as conflict:
        if conflict.id != taken.id:
            raise
