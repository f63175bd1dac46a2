"""Effects that are committed and not yet done: sent at once, in order, or when they can go.

An effect is an item `outbox:<number>` in its conversation's partition. Whoever committed it
owns it until its `due` time; after that anyone may claim it, guarded by its etag. A claim of
something whose first send may have reached the channel is recorded as `repeat:`.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from time import time
from typing import TypeVar

from shared.errors import Conflict
from shared.event import Event
from shared.fabric import Fabric
from shared.observability import log
from shared.observability.failure import told
from shared.pipeline.outbox import reads, slot
from shared.pipeline.outbox.deliver import SEND_SECONDS, forward, put_back, send, wake
from shared.pipeline.outbox.indicators import forget, show
from shared.pipeline.outbox.kept import KEPT
from shared.pipeline.outbox.plans import Step, plan_slot, plan_step
from shared.ports.store import Op, every
from shared.records.effect import (
    OUTBOX,
    AnyEffect,
    Effect,
    Enqueue,
    Publish,
    Record,
    Send,
    effect_of,
)

E = TypeVar("E", bound=Effect)

AT_ONCE = 16
"""Conversations that a start lets go at the same time."""


async def relay(fabric: Fabric, key: str, effects: Sequence[AnyEffect]) -> None:
    """Do what this process just committed; what cannot go now is left with a wake-up.

    A refusal is on record before the answer goes; what was read is, after it.
    """
    afterwards = [effect for effect in effects if isinstance(effect, Record) and not effect.denies]
    for effect in effects:
        if not isinstance(effect, Send) and effect not in afterwards:
            await _pass_on(fabric, key, effect)
    if sends := [effect for effect in effects if isinstance(effect, Send)]:
        await _say(fabric, key, sends)
    for effect in afterwards:
        await _pass_on(fabric, key, effect)


async def _say(fabric: Fabric, key: str, sends: Sequence[Send]) -> None:
    """Send messages to people in their order: they wait behind what is still in the outbox.

    After a `typing` that fails no other is tried.
    """
    if await _has_to_wait(fabric, key, sends[0]):
        await _release(fabric, key, sends)
        await drain(fabric, key, owner=sends[0].owner)
        return
    shows = True
    for place, effect in enumerate(sends):
        if effect.is_indicator:
            if shows and effect.not_before - time() <= 0:
                shows = await show(fabric, key, effect)
            else:
                await forget(fabric, key, effect)
            continue
        pause = plan_slot(effect, time())
        if pause.wake_at is not None:
            await _release(fabric, key, sends[place:])
        if not await slot.waited(fabric, key, effect, pause):
            return
        if time() > (effect.due or 0) - SEND_SECONDS:
            await _release(fabric, key, sends[place:])
            await drain(fabric, key, owner=effect.owner)
            return
        if not await send(fabric, key, effect):
            await _release(fabric, key, sends[place + 1 :])
            return


async def _has_to_wait(fabric: Fabric, key: str, first: Send) -> bool:
    """Tell whether a message that was committed before `first` is still in the outbox.

    Messages leave it in order: when the one before has left, so have all others. Mostly this
    process has sent it itself.
    """
    if first.behind is None:
        waiting = map(effect_of, await fabric.store.find(key, OUTBOX, limit=1000))
        return any(isinstance(one, Send) and one.place < first.place for one in waiting)
    if not first.behind or fabric.last_sent.knows(key, first.behind):
        return False
    return await fabric.store.get(key, first.behind) is not None


async def wake_up(fabric: Fabric, wake: Event, count: int) -> None:
    """Do what is due where `wake` points; `count` is the number of its delivery."""
    if count > 1:
        await take_over(fabric, wake)
    else:
        await drain(fabric, wake.conversation, owner=wake.id)


async def take_over(fabric: Fabric, event: Event) -> None:
    """Do what an earlier delivery of `event` committed or claimed and, by crashing, left behind."""
    key = event.conversation
    for effect in map(effect_of, await fabric.store.find(key, OUTBOX, limit=1000)):
        if effect.owner == event.id and (effect.due or 0) > time():
            try:
                await fabric.store.write(key, replace(effect, due=time()).put())
            except Conflict:
                log.info("outbox.claimed_elsewhere", conversation=key, id=effect.place)
    await drain(fabric, key, owner=event.id)


async def drain(fabric: Fabric, key: str, *, owner: str = "") -> None:
    """Do everything of one conversation that is due, in order, claiming each effect for `owner`.

    What has missed its slot takes another one of the conversation's. A message that cannot go
    yet holds back those behind it, and nothing else; a `typing` that is still here is too late.
    """
    await _drain_kept(fabric, key, owner)
    moved, blocked = True, False
    while moved:
        moved = False
        for item in await fabric.store.find(key, OUTBOX, after=f"{KEPT}~", limit=1000):
            effect = effect_of(item)
            match plan_step(effect, time(), blocked=blocked), effect:
                case Step.FORGET, Send():
                    await forget(fabric, key, effect)
                case Step.DO, Send():
                    blocked = not await _send_next(fabric, key, effect, owner)
                    moved = moved or not blocked
                case Step.DO, Enqueue() | Publish() | Record():
                    claimed = await _claim(fabric, key, effect, owner)
                    if claimed is None:
                        return
                    moved = await _pass_on(fabric, key, claimed) or moved


async def _pass_on(fabric: Fabric, key: str, effect: Enqueue | Publish | Record) -> bool:
    """Do with an effect what is no message to a person. Return False when it has to wait."""
    if isinstance(effect, Record):
        return await reads.record(fabric, key, effect)
    return await forward(fabric, key, effect)


async def _send_next(fabric: Fabric, key: str, effect: Send, owner: str) -> bool:
    """Send the first message of the outbox. Return False when those behind it have to wait."""
    ready = await slot.ready(fabric, key, effect)
    claimed = await _claim(fabric, key, ready, owner) if ready else None
    return claimed is not None and await send(fabric, key, claimed)


async def _drain_kept(fabric: Fabric, key: str, owner: str) -> None:
    """Do what was kept at the door, in order: each waits for the one before, whoever has that."""
    for item in await fabric.store.find(key, KEPT, limit=1000):
        effect = effect_of(item)
        if (effect.due or 0.0) > time() or not isinstance(effect, Enqueue):
            return
        claimed = await _claim(fabric, key, effect, owner)
        if claimed is None or not await forward(fabric, key, claimed):
            return


async def sweep(fabric: Fabric) -> None:
    """Do what is past its time in every conversation: what a crash or an outage left."""
    late = await fabric.store.find(None, OUTBOX, due_by=time(), limit=1000)
    for key in dict.fromkeys(item.partition for item in late):
        log.warning("outbox.swept", conversation=key)
        try:
            await drain(fabric, key)
        except Exception as error:
            log.error("outbox.still_waiting", conversation=key, reason=told(error))


async def let_go(fabric: Fabric, started: str) -> None:
    """Have done what waits because a bot or skill was stopped that is `started` again.

    It goes at once, as far as each bot's pace allows, so that it is in nobody's way.
    """
    waiting: dict[str, list[Effect]] = {}
    async for item in every(fabric.store, OUTBOX):
        effect = effect_of(item)
        if effect.stopped_by == started:
            waiting.setdefault(item.partition, []).append(effect)
    slots = asyncio.Semaphore(AT_ONCE)

    async def go(key: str, effects: Sequence[Effect], at: float) -> None:
        async with slots:
            for effect in effects:
                with suppress(Conflict):
                    await fabric.store.write(key, replace(effect, due=at).put())
            await wake(fabric, key, effects[0], at)

    async with asyncio.TaskGroup() as group:
        for key, effects in waiting.items():
            bot = fabric.bots.get(effects[0].bot)
            times = [fabric.admission.slot(bot) if bot else time() for _ in effects]
            group.create_task(go(key, effects, times[0]))


async def _claim(fabric: Fabric, key: str, effect: E, owner: str) -> E | None:
    """Return the effect as `owner` has it now; None when somebody else was faster."""
    claimed = effect.claimed(owner, time())
    ops: list[Op] = [claimed.put()]
    if effect.tries and isinstance(effect, Send):
        ops.append(effect.repeated())
    try:
        await fabric.store.write(key, *ops)
    except Conflict:
        return None
    return claimed


async def _release(fabric: Fabric, key: str, effects: Sequence[Send]) -> None:
    """Give effects that were not tried back: anyone may take them from now on."""
    now = time()
    for effect in effects:
        await put_back(fabric, key, effect, effect.released(now))
