"""Tells the person once that a slow turn goes on; best effort, and never after the answer.

The notice is an effect of its own, in the outbox before the answer's: that keeps the order even
when another process commits the answer meanwhile, and a notice that is overtaken is dropped when
it is its turn (`lateness`). `working:<origin>` is created with it: no retry and no skill further
down the chain says it again.
"""

from copy import deepcopy
from dataclasses import replace
from time import time

from shared.errors import Conflict, FabricError
from shared.event import Event
from shared.fabric import Fabric
from shared.observability import log
from shared.pipeline.outbox import effects, relay
from shared.pipeline.outbox.deliver import SEND_SECONDS
from shared.pipeline.outbox.plans import PATIENCE_SECONDS
from shared.pipeline.turns.meanwhile import Meanwhile
from shared.ports.store import Create, Put
from shared.records.conversation import MAX_CONFLICTS, REMEMBERED, Conversation, load
from shared.records.seen import seen_id
from shared.turn import Turn

AFTER = 6.0
"""Seconds of one turn; with a router's turn before it, the person is told within 8 s."""


def still_working(fabric: Fabric, turn: Turn) -> Meanwhile:
    """While the block runs longer than `AFTER`, say so; what has begun to be said is waited for."""

    async def notify(answer: Meanwhile) -> None:
        try:
            await _say(fabric, turn, answer)
        except FabricError as error:
            log.warning("still_working.failed", id=turn.event.id, reason=str(error))

    return Meanwhile(AFTER, notify, patience=SEND_SECONDS + PATIENCE_SECONDS)


def told(event: Event) -> Put:
    """The record that the person knows by now, for who tells it in other words."""
    return Put(_marker(event), {"at": time()}, ttl=REMEMBERED)


def _marker(event: Event) -> str:
    return f"working:{event.origin}"


def _has_room(fabric: Fabric, conversation: Conversation) -> bool:
    """Whether the pace, in which the notice has a slot, still has one for an answer now."""
    limits = fabric.channel(conversation.reference.channel).limits
    return deepcopy(conversation.pace).reserve(limits, time()) <= time() + PATIENCE_SECONDS


async def _say(fabric: Fabric, turn: Turn, answer: Meanwhile) -> None:
    """Commit the notice and send it, unless there is an answer, silence, or no room for both.

    The etag of the conversation sees to it that no answer was committed since it was looked for.
    """
    store, event = fabric.store, turn.event
    key = event.conversation
    for _ in range(MAX_CONFLICTS):
        conversation = await load(store, event)
        for id in (_marker(event), seen_id(event.id)):
            if await store.get(key, id) is not None:
                return
        notice = effects.word(fabric, conversation, event, "working", "platform.working")
        notice = replace(notice, working=event.id)
        silent = turn.muted or conversation.muted
        if answer.is_over or silent or not _has_room(fabric, conversation):
            return
        marker = Create(_marker(event), {"at": time()}, ttl=REMEMBERED)
        try:
            await store.write(key, marker, conversation.to_op(), notice.create())
        except Conflict:
            continue
        log.info("still_working", conversation=key, id=event.id, skill=turn.skill.name)
        await relay.relay(fabric, key, [notice])
        return
