"""The bot comes back to who waited for a person: an operator says so, or the time is over."""

from time import time

from shared.event import Event, event_id, utc_now
from shared.fabric import Fabric
from shared.observability import log, trace
from shared.ports.store import Item
from shared.queues import skill_queue
from shared.records.waiting import DOCUMENT, Waiting

CLOSED = "handoff.closed"
"""Type of the fact that ends a request; `data.why` is `closed` or `nobody`."""

AT_ONCE = 200
"""Conversations that one sweep brings back."""


async def bring_back(fabric: Fabric, item: Item, why: str) -> None:
    """Have the skill that mutes the conversation hear that its request is over, once."""
    waiting = Waiting.of(item.body)
    id = event_id("return", item.partition, waiting.id, str(waiting.return_at))
    closed = Event(
        id,
        CLOSED,
        {"id": waiting.id, "why": why},
        subject=waiting.id,
        bot=waiting.bot,
        conversation=item.partition,
        origin=id,
        traceparent=trace.traceparent(),
        time=utc_now(),
    )
    await fabric.bus.send(skill_queue(waiting.skill), closed)


async def return_overdue(fabric: Fabric) -> None:
    """Bring the bot back where nobody has answered for as long as it says."""
    for item in await fabric.store.find(None, DOCUMENT, due_by=time(), limit=AT_ONCE):
        if item.id == DOCUMENT:
            log.info("waiting.overdue", conversation=item.partition, bot=item.body["bot"])
            await bring_back(fabric, item, "nobody")
