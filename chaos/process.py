"""A simulated process: the product's handlers, a host that calls them, and its sudden end."""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextvars import ContextVar
from copy import copy
from typing import TYPE_CHECKING, Any

from chaos.faults import EVERYWHERE, Fault
from chaos.reach import BusReach, ChannelReach, StoreReach
from shared.errors import FabricError, TransientError, Unavailable
from shared.event import Event
from shared.messaging.queue_topic import QueueTopic
from shared.pipeline.door import facts
from shared.pipeline.outbox import relay
from shared.pipeline.turns import settle
from shared.pipeline.turns.outage import pause, sit_out
from shared.ports.bus import Delivery
from shared.queues import DEAD_LETTERS, EVENTS, OUTBOUND, skill_of
from shared.records.fresh import Fresh
from shared.records.last_sent import LastSent

if TYPE_CHECKING:
    from chaos.world import World

STALL_SECONDS = 45.0
CONCURRENCY = 4

CURRENT: ContextVar["Process"] = ContextVar("process")
"""The process that runs the current task."""


class Killed(BaseException):
    """This process is dead: whatever still runs of it ends here."""


class Process:
    """Entered into the world by `start`; `fabric` is the real one, over ports that may fail."""

    def __init__(self, world: "World", name: str, generation: int) -> None:
        self.world = world
        self.name = name
        self.generation = generation
        self.owner = f"{name}#{generation}"
        self.dead = False
        self._stalled_until = 0.0
        self._tasks: list[asyncio.Task[Any]] = []
        self._free = CONCURRENCY
        self.fabric = copy(world.fabric)
        self.bus = BusReach(self, world.bus)
        self.fabric.last_sent = LastSent()
        self.fabric.fresh = Fresh()
        self.fabric.store = StoreReach(self, world.store)
        self.fabric.bus = self.bus
        self.fabric.topic = QueueTopic(self.bus)
        self.fabric.web = ChannelReach(self, world.receiver)  # type: ignore[assignment]

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        token = CURRENT.set(self)
        task = asyncio.get_running_loop().create_task(work)
        CURRENT.reset(token)
        self._tasks = [task for task in self._tasks if not task.done()] + [task]
        task.add_done_callback(_heard)
        return task

    def kill(self) -> None:
        """End at once: no task goes on, no cleanup reaches the world, no lock is given back."""
        if self.dead:
            return
        self.dead = True
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self.world.died(self)

    async def visit(self, name: str, *possible: Fault, port: str = "") -> None:
        """Pass a fault point. `port` names what an outage may have taken down."""
        await self._alive()
        fault = self.world.strike(self, name, (*EVERYWHERE, *possible))
        match fault:
            case Fault.CRASH:
                self.kill()
            case Fault.STALL:
                self._stalled_until = self.world.clock.now + STALL_SECONDS
            case Fault.EXPIRE:
                self.world.bus.expire(self.owner)
            case Fault.DOWN:
                raise Unavailable(f"{name}: down", maybe_done=port == "channel")
            case Fault.LOST:
                raise Unavailable(f"{name}: no answer", maybe_done=True)
            case Fault.THROTTLE:
                raise TransientError(f"{name}: 429", after=2.0)
        await self._alive()
        if port and self.world.is_down(port):
            raise Unavailable(f"{port} is down", maybe_done=port == "channel")

    async def _alive(self) -> None:
        """Take a moment, as every call does; longer while the process stands still."""
        if self.dead:
            raise Killed
        await asyncio.sleep(self.world.latency())
        while (left := self._stalled_until - self.world.clock.now) > 0:
            await asyncio.sleep(left)
        if self.dead:
            raise Killed

    # --- the host ------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Receive from every queue, for as long as the process lives."""
        while True:
            version = self.world.bus.version
            found = False
            for queue in self.world.queues:
                if self._free > 0 and self.world.bus.ready(queue):
                    found = await self._receive(queue) or found
            if not found:
                await self.world.bus.changed(version)

    async def sweep(self) -> None:
        await relay.sweep(self.fabric)

    async def _receive(self, queue: str) -> bool:
        try:
            deliveries = await self.bus.receive(queue, self._free)
        except FabricError:
            await asyncio.sleep(1)
            return True
        for delivery in deliveries:
            self._free -= 1
            self.spawn(self._deliver(delivery))
        return bool(deliveries)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self.world.host(self, delivery)
        finally:
            self._free += 1
            self.world.bus.announce()

    async def settled(self, settling: Awaitable[None]) -> None:
        """What is not settled comes again: the lock runs out."""
        try:
            await settling
        except FabricError:
            return


async def host(process: Process, delivery: Delivery) -> None:
    """Peek-lock: call the function, then complete; give back what it raised, after a pause."""
    try:
        await call(process, delivery)
    except Exception as error:
        if isinstance(error, TransientError):
            await sit_out(process.fabric.store, delivery.count)
        else:
            await asyncio.sleep(pause(delivery.count, 1.0))
        await process.settled(process.bus.abandon(delivery))
    else:
        await process.settled(process.bus.complete(delivery))


async def call(process: Process, delivery: Delivery) -> None:
    """The function of the delivery's queue."""
    fabric, queue, body = process.fabric, delivery.queue, delivery.body
    if queue == OUTBOUND:
        await relay.wake_up(fabric, Event.from_json(body), delivery.count)
    elif queue == EVENTS:
        await facts.fan_out(fabric, body)
    elif queue == DEAD_LETTERS:
        died = delivery.properties
        await facts.given_up(fabric, body, died["DeadLetterReason"], queue=died["DeadLetterSource"])
    else:
        skill = fabric.skills[skill_of(queue)]
        await settle.work(fabric, skill, body, delivery.count)


def _heard(task: asyncio.Task[Any]) -> None:
    """Look at what a task of a dead process raised, so that asyncio does not report it."""
    if not task.cancelled():
        task.exception()
