"""The end of an activity's chain: nothing of it is unfinished, and nobody waits behind it."""

from time import time

from shared.event import ACTIVITY, Event
from shared.fabric import Fabric
from shared.pipeline.turns import overlap
from shared.ports.store import Delete, Item, Op
from shared.records.acceptance import Acceptance
from shared.records.conversation import Conversation, load


def closed(fabric: Fabric, conversation: Conversation | None, event: Event, skill: str) -> list[Op]:
    """End the chain in its conversation's row; return what else is to be written of it.

    What has no number, or no conversation, has a note of its own then. Words that a turn might
    have taken along do not outlive their use.
    """
    if not event.origin or event.type != ACTIVITY:
        return []
    if conversation is not None:
        conversation.row.finish(event.number, event.written())
        if event.number and not overlap.applies(fabric, event):
            return []
    note = Acceptance(origin=event.origin, number=event.number, skill=skill, at=time())
    return [note.put()]


async def close_copy(fabric: Fabric, event: Event, seen: Item) -> None:
    """End what a copy began, which got a number of its own when nobody could see what it is.

    `seen` is the marker of the first. Raises Conflict when others write in this moment.
    """
    if event.number in (0, seen.body.get("number", 0)):
        return
    conversation = await load(fabric.store, event)
    if conversation.row.is_open(event.number):
        conversation.row.finish(event.number)
        note = Acceptance(origin=event.origin, number=event.number, skill="", at=0.0)
        await fabric.store.write(event.conversation, Delete(note.id), conversation.to_op())
