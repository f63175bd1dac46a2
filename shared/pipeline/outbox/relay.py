"""Effects that are committed and not yet done: sent at once, in order, or when they can go.

An effect is an item `outbox:<number>` in its conversation's partition. Whoever committed it
owns it until its `due` time; after that anyone may claim it, guarded by its etag. A claim of
something whose first send may have reached the channel is recorded as `repeat:`.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import time
from typing import Any

from shared.errors import Conflict
from shared.event import Event
from shared.fabric import Fabric
from shared.observability import log
from shared.observability.failure import told
from shared.pipeline.outbox import lateness, reads
from shared.pipeline.outbox.deliver import SEND_SECONDS, bot_of, forward, put_back, send, wake
from shared.pipeline.outbox.effects import LEASE
from shared.pipeline.outbox.indicators import forget, is_indicator, show
from shared.pipeline.outbox.kept import KEPT
from shared.ports.store import Create, Item, Op, Put, every
from shared.records.conversation import DOCUMENT, MAX_CONFLICTS, REMEMBERED, Conversation

LOOK_AGAIN = 1.0
"""Seconds after which to look whether somebody else has done what is in the way."""

AT_ONCE = 16
"""Conversations that a start lets go at the same time."""

MISSED = 0.5
"""Seconds behind its slot after which a send needs another."""

PATIENCE = 1.2
"""Seconds that a paced message is waited for in place; later ones take the queue."""


async def relay(fabric: Fabric, key: str, effects: Sequence[Create]) -> None:
    """Do what this process just committed; what cannot go now is left with a wake-up.

    Messages to people keep their order: they wait behind what is still in the outbox. After a
    `typing` that fails no other is tried.
    """
    for effect in effects:
        if effect.body["kind"] != "send":
            await _pass_on(fabric, key, effect.id, effect.body)
    sends = [effect for effect in effects if effect.body["kind"] == "send"]
    if not sends:
        return
    waiting = await fabric.store.find(key, "outbox:", limit=len(effects) + 20)
    if any(item.body["kind"] == "send" and item.id < sends[0].id for item in waiting):
        await _release(fabric, key, sends)
        await drain(fabric, key, owner=sends[0].body["owner"])
        return
    shows = True
    for place, effect in enumerate(sends):
        if is_indicator(effect.body):
            if shows and effect.body["not_before"] - time() <= 0:
                shows = await show(fabric, key, effect)
            else:
                await forget(fabric, key, effect)
            continue
        delay = effect.body["not_before"] - time()
        if delay > PATIENCE:
            await _release(fabric, key, sends[place:])
            await wake(fabric, key, effect.body, effect.body["not_before"])
            return
        if delay > 0:
            await asyncio.sleep(delay)
        if time() > (effect.due or 0) - SEND_SECONDS:
            await _release(fabric, key, sends[place:])
            await drain(fabric, key, owner=effect.body["owner"])
            return
        if not await send(fabric, key, effect.id, effect.body):
            await _release(fabric, key, sends[place + 1 :])
            return


async def wake_up(fabric: Fabric, wake: Event, count: int) -> None:
    """Do what is due where `wake` points; `count` is the number of its delivery."""
    if count > 1:
        await take_over(fabric, wake)
    else:
        await drain(fabric, wake.conversation, owner=wake.id)


async def take_over(fabric: Fabric, event: Event) -> None:
    """Do what an earlier delivery of `event` committed or claimed and, by crashing, left behind."""
    key = event.conversation
    for item in await fabric.store.find(key, "outbox:", limit=1000):
        if item.body["owner"] == event.id and (item.due or 0) > time():
            try:
                await fabric.store.write(key, Put(item.id, item.body, etag=item.etag, due=time()))
            except Conflict:
                log.info("outbox.claimed_elsewhere", conversation=key, id=item.id)
    await drain(fabric, key, owner=event.id)


async def drain(fabric: Fabric, key: str, *, owner: str = "") -> None:
    """Do everything of one conversation that is due, in order, claiming each item for `owner`.

    What has missed its slot takes another one of the conversation's. A message that cannot go
    yet holds back those behind it, and nothing else; a `typing` that is still here is too late.
    """
    await _drain_kept(fabric, key, owner)
    moved, blocked = True, False
    while moved:
        moved = False
        for item in await fabric.store.find(key, "outbox:", after=f"{KEPT}~", limit=1000):
            if item.body["kind"] != "send":
                if (item.due or 0.0) > time():
                    continue
                if not await _claim(fabric, key, item, owner):
                    return
                moved = await _pass_on(fabric, key, item.id, item.body) or moved
            elif is_indicator(item.body):
                if (item.due or 0.0) <= time():
                    await forget(fabric, key, item)
            elif not blocked:
                ready = await _ready(fabric, key, item)
                blocked = (
                    ready is None
                    or not await _claim(fabric, key, ready, owner)
                    or not await send(fabric, key, ready.id, ready.body)
                )
                moved = moved or not blocked


async def _pass_on(fabric: Fabric, key: str, id: str, body: dict[str, Any]) -> bool:
    """Do with an effect that is no message to a person; False when it has to wait."""
    if body["kind"] == reads.KIND:
        return await reads.record(fabric, key, id, body)
    return await forward(fabric, key, id, body)


async def _ready(fabric: Fabric, key: str, item: Item) -> Item | None:
    """The send once it may go; None when that is too far off, and a wake-up is on its way."""
    due = max(item.due or 0.0, item.body["not_before"])
    if await lateness.reopened(fabric, item):
        due = 0.0
    if due - time() > PATIENCE:
        await wake(fabric, key, item.body, _next_look(item, due))
        return None
    await asyncio.sleep(max(0.0, due - time()))
    if time() - item.body["not_before"] <= MISSED:
        return item
    item = await _reserved(fabric, key, item)
    slot = item.body["not_before"]
    if slot - time() > PATIENCE:
        await wake(fabric, key, item.body, slot)
        return None
    await asyncio.sleep(max(0.0, slot - time()))
    return item


async def _reserved(fabric: Fabric, key: str, item: Item) -> Item:
    """The send with a slot of the conversation's, which all that is said next has to respect."""
    limits = fabric.channel(item.body["reference"]["channel"]).limits
    for _ in range(MAX_CONFLICTS):
        known = await fabric.store.get(key, DOCUMENT)
        if known is None:
            break
        conversation = Conversation.from_item(known)
        slot = conversation.pace.reserve(limits, time())
        later = Put(item.id, {**item.body, "not_before": slot}, etag=item.etag, due=item.due)
        try:
            await fabric.store.write(key, conversation.to_op(), later, durable=False)
        except Conflict as conflict:
            if conflict.id == item.id:
                break
            continue
        return await fabric.store.get(key, item.id) or item
    return item


async def _drain_kept(fabric: Fabric, key: str, owner: str) -> None:
    """What was kept at the door, in order: each waits for the one before, whoever has that."""
    for item in await fabric.store.find(key, KEPT, limit=1000):
        if (item.due or 0.0) > time():
            return
        if not await _claim(fabric, key, item, owner):
            return
        if not await forward(fabric, key, item.id, item.body):
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
            log.error("outbox.still_waiting", conversation=key, reason=told(error))


async def let_go(fabric: Fabric, started: str) -> None:
    """Have done what waits because a bot or skill was stopped that is `started` again.

    It goes at once, as far as each bot's pace allows, so that it is in nobody's way.
    """
    waiting: dict[str, list[Item]] = {}
    async for item in every(fabric.store, "outbox:"):
        if item.body.get("stopped_by") == started:
            waiting.setdefault(item.partition, []).append(item)
    slots = asyncio.Semaphore(AT_ONCE)

    async def go(key: str, items: Sequence[Item], at: float) -> None:
        async with slots:
            for item in items:
                with suppress(Conflict):
                    await fabric.store.write(key, Put(item.id, item.body, etag=item.etag, due=at))
            await wake(fabric, key, items[0].body, at)

    async with asyncio.TaskGroup() as group:
        for key, items in waiting.items():
            bot = fabric.bots.get(bot_of(items[0].body))
            times = [fabric.admission.slot(bot) if bot else time() for _ in items]
            group.create_task(go(key, items, times[0]))


async def _claim(fabric: Fabric, key: str, item: Item, owner: str) -> bool:
    """Own the item for the next `LEASE` seconds; False when somebody else was faster."""
    tries = item.body["tries"]
    item.body.pop("stopped_by", None)
    claimed = {**item.body, "tries": tries + 1, "owner": owner}
    ops: list[Op] = [Put(item.id, claimed, etag=item.etag, due=time() + LEASE)]
    if tries and item.body["kind"] == "send":
        ops.append(Put(f"repeat:{item.body['effect']}:{tries}", {"made": time()}, ttl=REMEMBERED))
    try:
        await fabric.store.write(key, *ops)
    except Conflict:
        return False
    item.body["tries"] = tries + 1
    return True


async def _release(fabric: Fabric, key: str, effects: Sequence[Create]) -> None:
    """Give effects that were not tried back: anyone may take them from now on."""
    now = time()
    for e in effects:
        free = {**e.body, "tries": 0}
        await put_back(fabric, key, e.id, e.body, free, due=max(now, e.body["not_before"]))
