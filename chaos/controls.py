"""Defects on purpose: a harness that does not notice one of these is itself broken."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chaos.memory_bus import MemoryBus
from chaos.process import Process, call
from chaos.verdict import LOST, ONCE, ORDER
from shared.errors import Conflict
from shared.event import Event
from shared.fabric import Fabric
from shared.pipeline.turns import settle
from shared.pipeline.turns.perform import perform
from shared.ports.bus import Delivery
from shared.ports.store import Create, Etags, Item, Op, Store
from shared.skill import Skill

if TYPE_CHECKING:
    from chaos.world import World

REMEMBERED = 86_400


class Defect:
    """The product with one thing wrong: `enter` changes a world, `patched` the code.

    `breaks` is the promise that cannot hold with it.
    """

    name = ""
    purpose = ""
    breaks = ""

    def enter(self, world: "World") -> None:
        """Nothing of the world is different."""

    def patched(self) -> AbstractContextManager[None]:
        return nullcontext()


class NoSeenMarker(Defect):
    name = "no-seen-marker"
    purpose = "the commit does not say which event it was for"
    breaks = ONCE

    def enter(self, world: "World") -> None:
        world.store = _Forgetful(world.store)


class SettleBeforePublish(Defect):
    name = "settle-before-publish"
    purpose = "the message is completed first, and then worked"
    breaks = LOST

    def enter(self, world: "World") -> None:
        world.host = _settle_first


class SameIdOnRetry(Defect):
    name = "same-id-on-retry"
    purpose = "a retry carries the id of the message that it follows"
    breaks = LOST

    @contextmanager
    def patched(self) -> Iterator[None]:
        with _replaced(Event, "retry", _retry_with_the_same_id):
            yield


class NoSession(Defect):
    name = "no-session"
    purpose = "the messages of a conversation are worked side by side"
    breaks = ORDER

    def enter(self, world: "World") -> None:
        world.bus = MemoryBus(world.clock.time, sessions=False)


class MarkBeforeWork(Defect):
    name = "mark-before-work"
    purpose = "an event is marked as seen before its turn, not with it"
    breaks = LOST

    @contextmanager
    def patched(self) -> Iterator[None]:
        with _replaced(settle, "perform", _mark_then_perform):
            yield


CONTROLS: tuple[Defect, ...] = (
    NoSeenMarker(),
    SettleBeforePublish(),
    SameIdOnRetry(),
    NoSession(),
    MarkBeforeWork(),
)


async def _settle_first(process: Process, delivery: Delivery) -> None:
    await process.settled(process.bus.complete(delivery))
    await call(process, delivery)


def _retry_with_the_same_id(event: Event, step: str, error: str = "") -> Event:
    return replace(event, attempt=event.attempt + 1)


async def _mark_then_perform(
    fabric: Fabric, skill: Skill, event: Event, *, known: bool = True
) -> Any:
    store, marker = fabric.store, f"seen:{event.id}"
    if known and await store.get(event.conversation, marker) is not None:
        return None
    try:
        await store.write(event.conversation, Create(marker, {}, ttl=REMEMBERED))
    except Conflict:
        return None
    unmarked = copy(fabric)
    unmarked.store = _Forgetful(store)
    return await perform(unmarked, skill, event, known=False)


@dataclass
class _Forgetful:
    """A store that keeps everything but the markers of what was seen."""

    store: Store

    async def get(self, partition: str, id: str) -> Item | None:
        return await self.store.get(partition, id)

    async def find(self, partition: str | None, prefix: str, **more: Any) -> list[Item]:
        return await self.store.find(partition, prefix, **more)

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        kept = [op for op in ops if not op.id.startswith("seen:")]
        return await self.store.write(partition, *kept, durable=durable)

    async def check(self) -> str:
        return await self.store.check()

    async def close(self) -> None:
        await self.store.close()


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)
