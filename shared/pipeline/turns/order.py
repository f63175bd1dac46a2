"""The order of a conversation's turns, where the queue alone does not keep it."""

import asyncio
from collections.abc import Sequence
from time import monotonic, time

from shared.errors import Waits
from shared.event import Event
from shared.fabric import Fabric
from shared.ports.store import Store
from shared.records.acceptance import Acceptance, unfinished
from shared.records.conversation import MAX_AGE, Conversation, conversation_of, load
from shared.records.row import Row
from shared.records.seen import seen_id
from shared.skill import Skill

LOOK_AGAIN = 5.0
"""Seconds after which to ask again, at the latest, for what goes first and nobody knows when."""

QUEUE_PATIENCE = 3.0
"""Seconds that a turn waits in place for an earlier one of its conversation."""


async def in_order(
    fabric: Fabric, skill: Skill, event: Event, *, known: bool = True
) -> Conversation:
    """The conversation, once nothing of it must go before this event.

    What goes first and is with another skill mostly takes milliseconds: it is waited for in
    place. What is parked in this skill's own queue needs this session to be free: then this
    event is parked behind it. A bus without sessions has none to free, and may have let this
    event overtake what was accepted before it: there, that alone is the order.

    When the door saw nothing unfinished, nothing goes first, and the document that it saw will do
    for a first delivery (not `known`), if this process has it.
    """
    if not known and event.id == event.origin:
        item = fabric.fresh.as_of(event.conversation, event.as_of)
        if item is not None:
            return conversation_of(item, event)
    store, ordered = fabric.store, fabric.bus.ordered
    deadline, pause = monotonic() + QUEUE_PATIENCE, 0.01
    while True:
        conversation = await load(store, event)
        if ordered:
            blocker = conversation.blocked_by(event.work_id)
        else:
            blocker = await _overtaken(store, event, conversation.row)
        if not blocker or await store.get(event.conversation, seen_id(event.id)) is not None:
            return conversation
        own = blocker == skill.name and ordered
        if own or monotonic() > deadline:
            least = min(0.1 * 2**event.attempt, LOOK_AGAIN) if own else 1.0
            raise Waits("waits behind earlier work", after=max(least, conversation.wake - time()))
        await asyncio.sleep(pause)
        pause = min(0.2, pause * 1.5)


async def _overtaken(store: Store, event: Event, row: Row) -> str:
    """The skill that has an unfinished activity accepted before this one; "" for none.

    One that was due a day ago and not seen since is lost, and in nobody's way.
    """
    return overtaken(await unfinished(store, event.conversation, row), event, time())


def overtaken(notes: Sequence[Acceptance], event: Event, now: float) -> str:
    """Return the skill of the note that goes first of those before the event's; "" for none."""
    own = next((note for note in notes if note.origin == event.origin), None)
    place = (own or Acceptance.of(event, skill="")).place
    earlier = (
        note.skill
        for note in notes
        if note.origin != event.origin
        and note.place < place
        and (note.due or note.at) > now - MAX_AGE
    )
    return next(earlier, "")
