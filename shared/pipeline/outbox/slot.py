"""A message of the outbox takes its turn: waited for, given a slot, or left to a wake-up."""

import asyncio
from dataclasses import replace
from time import time

from shared.errors import Conflict
from shared.fabric import Fabric
from shared.pipeline.outbox import lateness
from shared.pipeline.outbox.deliver import wake
from shared.pipeline.outbox.plans import Pause, missed_its_slot, plan_pause, plan_slot
from shared.records.conversation import MAX_CONFLICTS, stored
from shared.records.effect import Send, effect_of


async def ready(fabric: Fabric, key: str, effect: Send) -> Send | None:
    """Return the send once it may go; None when that is too far off, and a wake-up on its way."""
    reopened = await lateness.reopened(fabric, key, effect)
    if not await waited(fabric, key, effect, plan_pause(effect, time(), reopened=reopened)):
        return None
    if not missed_its_slot(effect, time()):
        return effect
    effect = await _reserved(fabric, key, effect)
    if not await waited(fabric, key, effect, plan_slot(effect, time())):
        return None
    return effect


async def waited(fabric: Fabric, key: str, effect: Send, pause: Pause) -> bool:
    """Wait as planned. Return False when a wake-up does the waiting."""
    if pause.wake_at is not None:
        await wake(fabric, key, effect, pause.wake_at)
        return False
    if pause.seconds:
        await asyncio.sleep(pause.seconds)
    return True


async def _reserved(fabric: Fabric, key: str, effect: Send) -> Send:
    """Return it with a slot of the conversation's, which all that is said next has to respect."""
    limits = fabric.channel(effect.reference.channel).limits
    for _ in range(MAX_CONFLICTS):
        conversation = await stored(fabric.store, key)
        if conversation is None:
            break
        later = replace(effect, not_before=conversation.pace.reserve(limits, time()))
        try:
            await fabric.store.write(key, conversation.to_op(), later.put(), durable=False)
        except Conflict as conflict:
            if conflict.id == effect.place:
                break
            continue
        item = await fabric.store.get(key, effect.place)  # somebody may have claimed it meanwhile
        again = effect_of(item) if item else None
        return again if isinstance(again, Send) else effect
    return effect
