"""Runs the queue functions: receive from the bus, hold the lock, run, settle."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cli.function import STORAGE_QUEUE, Function
from cli.host_json import HostJson
from cli.trigger_data import queue_message, service_bus_message
from shared.observability import log
from shared.observability.failure import HandlerFailed
from shared.ports.bus import Delivery, PeekLockBus

IDLE_SECONDS = 30
"""How long to trust that `changed` wakes us; a look after that costs one query a queue."""

RETRY_SECONDS = 1


@dataclass(slots=True)
class _Queue:
    """`slots` are what is left of the function's concurrency; `look` whether to receive.

    `pause` in seconds hides a message whose function failed.
    """

    function: Function
    slots: int
    pause: float = 0.0
    look: bool = True

    def message(self, delivery: Delivery) -> Any:
        made = queue_message if self.function.type == STORAGE_QUEUE else service_bus_message
        return made(delivery)


@dataclass
class Queues:
    """One dispatcher for all queues. A session has one message at a time, as the bus sees to."""

    bus: PeekLockBus
    functions: Sequence[Function]
    limits: HostJson
    _queues: Sequence[_Queue] = field(init=False)
    _running: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _loops: Sequence[asyncio.Task[None]] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._queues = [_queue(function, self.limits) for function in self.functions]

    def start(self) -> None:
        self._loops = [asyncio.create_task(self._dispatch()), asyncio.create_task(self._watch())]

    async def stop(self, grace: float) -> None:
        """Take nothing more, give running functions `grace` seconds, then hand back the rest."""
        await _cancel(self._loops)
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace)
            await _cancel(late)

    @property
    def idle(self) -> bool:
        """Whether nothing runs and there was nothing more to receive."""
        return not self._running and not any(queue.look for queue in self._queues)

    async def _watch(self) -> None:
        while True:
            names: Collection[str] = ()
            try:
                names = await self.bus.changed(IDLE_SECONDS)
            except Exception as error:
                log.error("queue.watch_failed", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            for queue in self._queues:
                queue.look = queue.look or not names or queue.function.target in names
            self._wake.set()

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            for queue in self._queues:
                if queue.look and queue.slots:
                    await self._fill(queue)
            await self._wake.wait()

    async def _fill(self, queue: _Queue) -> None:
        """Receive for every free slot. `look` falls first: what arrives meanwhile raises it."""
        queue.look, wanted = False, queue.slots  # more may fall free while this waits
        try:
            deliveries = await self.bus.receive(queue.function.target, wanted)
        except Exception as error:
            log.error("queue.receive_failed", function=queue.function.name, reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)
            self._look_again(queue)
            return
        if len(deliveries) == wanted:
            queue.look = True
        for delivery in deliveries:
            queue.slots -= 1
            task = asyncio.create_task(self._handle(queue, delivery))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def _look_again(self, queue: _Queue) -> None:
        queue.look = True
        self._wake.set()

    async def _handle(self, queue: _Queue, delivery: Delivery) -> None:
        """Run and settle one message; the session's next one is looked for at once."""
        lock = _Lock(self.bus, delivery, self.limits.max_lock_renewal)
        settle: Callable[[Delivery], Awaitable[None]] = partial(self.bus.abandon, delay=queue.pause)
        try:
            await queue.function.run(queue.message(delivery))
            settle = self.bus.complete
        except Exception as error:
            log.error(
                "function.failed",
                exc_info=not isinstance(error, HandlerFailed),  # where that failed is told already
                function=queue.function.name,
                delivery=delivery.count,
            )
        finally:
            lock.release()
            try:
                await settle(delivery)
            except Exception as error:
                log.warning("queue.not_settled", function=queue.function.name, reason=str(error))
            queue.slots += 1
            if queue.look:
                self._wake.set()


class _Lock:
    """Renews a delivery's lock at half its life, for `longest` seconds at most."""

    def __init__(self, bus: PeekLockBus, delivery: Delivery, longest: float) -> None:
        self._bus = bus
        self._delivery = delivery
        self._period = max(0.05, (delivery.locked_until - time.time()) / 2)
        self._left = longest
        self._task: asyncio.Task[None] | None = None
        self._timer = self._later()

    def release(self) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _later(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self._period, self._begin)

    def _begin(self) -> None:
        self._task = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        self._left -= self._period
        if self._left < self._period:
            return
        try:
            await self._bus.renew(self._delivery)
        except Exception as error:
            log.warning("queue.lock_lost", queue=self._delivery.queue, reason=str(error))
            return
        self._timer = self._later()


def _queue(function: Function, limits: HostJson) -> _Queue:
    if function.type == STORAGE_QUEUE:
        return _Queue(function, limits.batch_size, limits.visibility_timeout)
    sessions = function.trigger.get("isSessionsEnabled", False)
    return _Queue(function, limits.max_sessions if sessions else limits.max_calls)


async def _cancel(tasks: Collection[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
