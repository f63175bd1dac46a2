"""The embedded bus: what Service Bus promises, on a SQLite file that several processes share."""

import asyncio
import random
from collections.abc import Collection
from contextlib import suppress
from math import inf
from pathlib import Path
from sqlite3 import Cursor
from time import monotonic, time

from shared.clients.sqlite_file import Database
from shared.errors import Unavailable
from shared.event import Event
from shared.messaging.embedded import messages
from shared.messaging.embedded.bell import Bell
from shared.messaging.embedded.clock import SCHEMA, WallClock
from shared.messaging.embedded.news import News
from shared.messaging.embedded.owner import Owner
from shared.observability import log
from shared.ports.bus import Delivery

LIFE_SECONDS = 0.5
"""How often to ask whether the other processes that hold locks still live."""

FORGET_SECONDS = 1.0
FORGET_LEAST, FORGET_TIMES = 500, 4
"""How often a process that sends looks through ids for old ones; at how many, and at how many
for each that it sent."""


class SqliteBus:
    """Queues with sessions, peek-lock, schedule, duplicate detection and dead letters.

    `lock_seconds` is how long a delivery is held unless renewed, `max_deliveries` how often one
    is tried before it moves to `dead-letters`, `duplicate_window` for how many seconds a
    message's id is remembered.
    """

    ordered = True

    def __init__(
        self,
        path: str | Path,
        synchronous: str = "FULL",
        *,
        lock_seconds: float = 30,
        max_deliveries: int = 10,
        duplicate_window: float = 86_400,
    ) -> None:
        schema = messages.SCHEMA + SCHEMA
        self._database = Database(path, schema, synchronous=synchronous)
        self._lock_seconds = lock_seconds
        self.max_deliveries = max_deliveries
        self._duplicate_window = duplicate_window
        self._owner = Owner(self._database.path)
        self._news = News(self._poll)
        self._bell = Bell(self._database.path)
        self._clock = WallClock()
        self._healing: asyncio.Task[None] | None = None
        self._data_version = -1
        self._next_due = inf
        self._hinted: set[str] = set()
        self._dead: list[str] = []
        self._look_at = 0.0
        self._forget_at = 0.0
        self._walked = random.randrange(2**63)
        self._sent = 0

    async def send(self, queue: str, *events: Event, delay: float = 0) -> None:
        batch = [
            messages.Message(
                queue, event.conversation or event.id, event.message_id, event.to_json()
            )
            for event in events
        ]
        due = time() + delay

        def work(cursor: Cursor) -> None:
            new = messages.new(cursor, batch, self._duplicate_window)
            if delay > 0:
                for message in new:
                    messages.schedule(cursor, message, due)
            elif new:
                messages.enqueue(cursor, *new)
            self._sent += len(batch)
            if monotonic() > self._forget_at:
                self._forget_at = monotonic() + FORGET_SECONDS
                portion = max(FORGET_LEAST, FORGET_TIMES * self._sent)
                self._walked = messages.forget(cursor, self._walked, portion)
                self._sent = 0

        if batch:
            await self._database.write(work)
            if delay <= 0:
                self._announce(queue)
            else:
                self._bell.ring()
            self._next_due = min(self._next_due, due)

    async def receive(self, queue: str, limit: int = 1) -> list[Delivery]:
        """As the port says. In passing, what became due or lost its owner is made ready."""
        self._news.look()
        hinted = queue in self._hinted
        self._hinted.discard(queue)
        if not hinted:
            ready = await self._database.read(messages.READY_QUEUES)
            now = time()
            due = await self._database.read(messages.DUE_QUEUES, (now, now, now))
            self._look_for_dead()
            if not ((queue,) in ready or due or self._dead):
                return []
        dead, self._dead = self._dead, []

        def work(cursor: Cursor) -> tuple[int, list[Delivery]]:
            self._owner.claim()
            moved = messages.activate(cursor)
            moved += messages.release(cursor, dead, self.max_deliveries)
            name, seconds = self._owner.name, self._lock_seconds
            return moved, messages.lock(cursor, queue, limit, name, seconds)

        moved, deliveries = await self._database.write(work, durable=False)
        self._next_due = min(self._next_due, time() + self._lock_seconds)
        if len(deliveries) == limit:
            self._hinted.add(queue)
        if moved:
            self._news.announce()
            self._bell.ring()
        return deliveries

    def _announce(self, *queues: str) -> None:
        """These have something; the next look at each needs no question first."""
        self._hinted.update(queues)
        self._news.announce(*queues)
        self._bell.ring()

    async def changed(self, timeout: float) -> set[str]:  # noqa: ASYNC109 -- the port's name
        """As the port says; a task also hears at once of what changed since it last waited."""
        await self._database.open()
        self._news.rung = self._bell.listen(self._news.poll_soon)
        return await self._news.wait(timeout)

    async def renew(self, delivery: Delivery) -> None:
        """Raises Conflict when the lock is lost, as do the three below."""
        await self._database.write(
            lambda cursor: messages.hold(cursor, delivery, self._lock_seconds), durable=False
        )

    async def complete(self, *deliveries: Delivery) -> None:
        """Several are completed together, or none when the lock of one is lost."""
        if await self._database.write(
            lambda cursor: messages.complete(cursor, *deliveries), durable=False
        ):
            self._announce(*{delivery.queue for delivery in deliveries})

    async def abandon(self, delivery: Delivery, *, delay: float = 0) -> None:
        await self._database.write(
            lambda cursor: messages.abandon(cursor, delivery, delay, self.max_deliveries),
            durable=False,
        )
        if delay <= 0:
            self._announce(delivery.queue)
        else:
            self._bell.ring()
        self._next_due = min(self._next_due, time() + delay)

    async def dead_letter(self, delivery: Delivery, reason: str, description: str = "") -> None:
        await self._database.write(
            lambda cursor: messages.bury(cursor, delivery, reason, description)
        )
        self._news.announce()
        self._bell.ring()

    async def counts(self) -> dict[str, dict[str, int]]:
        """For each queue that has messages: how many are `active`, `locked`, `scheduled`."""
        counts: dict[str, dict[str, int]] = {}
        for queue, *numbers in await self._database.read(messages.COUNTS):
            count = counts.setdefault(queue, {"active": 0, "locked": 0, "scheduled": 0})
            for name, number in zip(count, numbers, strict=True):
                count[name] += number
        return counts

    async def check(self) -> str:
        return await self._database.check()

    async def close(self) -> None:
        """Give back what is still locked, at once, and close the file."""
        self._news.stop()
        self._bell.close()
        self._owner.release()
        await self._database.close()

    def _poll(self) -> tuple[Collection[str] | None, float]:
        """What another process or the clock made receivable; seconds to the next."""
        read = self._database.read_now
        found: set[str] = set()
        if self._clock.stepped():
            self._healing = asyncio.create_task(self._heal())
        try:
            dead = self._look_for_dead()
            [(version,)] = read("PRAGMA data_version")
            now = time()
            changed, due = version != self._data_version, now >= self._next_due
            self._data_version = version
            if changed:
                found.update(queue for (queue,) in read(messages.READY_QUEUES))
            if due:
                found.update(queue for (queue,) in read(messages.DUE_QUEUES, (now, now, now)))
            if changed or due:
                [dues] = read(messages.OUTLOOK, (now, now, now))
                self._next_due = min((due for due in dues if due is not None), default=inf)
        except Unavailable:
            return (), 1.0
        if dead:
            return (), self._next_due - now
        return found or None, self._next_due - now

    async def _heal(self) -> None:
        """Move what is scheduled with a clock that stepped, and say so."""
        with suppress(Unavailable):
            if step := await self._database.write(self._clock.heal, durable=False):
                log.warning("clock.stepped", seconds=round(step, 1))
                self._next_due = 0.0
                self._news.poll_soon()

    def _look_for_dead(self) -> bool:
        """Note which owners of locks have died, now and then; whether there are any."""
        if monotonic() < self._look_at:
            return False
        self._look_at = monotonic() + LIFE_SECONDS
        owners = self._database.read_now(messages.OWNERS, (self._owner.name,))
        self._dead = [name for (name,) in owners if not self._owner.alive(name)]
        return bool(self._dead)
