"""The receiving side of the bus, for a host of our own: peek-lock over all queues."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from math import inf
from time import monotonic, time
from typing import TYPE_CHECKING

from shared.errors import Conflict
from shared.messaging.embedded.news import News
from shared.messaging.servicebus.connection import Connection
from shared.messaging.servicebus.errors import settling
from shared.messaging.servicebus.forwarder import Forwarder
from shared.messaging.servicebus.inbox import Held, Inbox
from shared.observability import log
from shared.ports.bus import Delivery
from shared.queues import DEAD_LETTERS

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusReceivedMessage
    from azure.servicebus.aio import ServiceBusReceiver

Settle = Callable[["ServiceBusReceiver", "ServiceBusReceivedMessage"], Awaitable[None]]


class Receiver:
    """Receives and settles. What this process sends, it hears of by `announce`."""

    def __init__(self, connection: Connection, forwarder: Forwarder) -> None:
        self._connection = connection
        self._forwarder = forwarder
        self._inboxes: dict[str, Inbox] = {}
        self._news = News(lambda: (None, inf))
        self._later: dict[asyncio.Task[None], Held] = {}

    @property
    def troubles(self) -> list[str]:
        """What is wrong with the queues that this process receives from."""
        return [inbox.trouble for inbox in self._inboxes.values() if inbox.trouble]

    def announce(self, queue: str) -> None:
        self._news.announce(queue)

    async def receive(self, queue: str, limit: int) -> list[Delivery]:
        self._news.look()
        if queue not in self._inboxes:
            self._inboxes[queue] = Inbox(self._connection, queue, lambda: self.announce(queue))
        if queue == DEAD_LETTERS:
            self._forwarder.start(self._inboxes)
        return self._inboxes[queue].take(limit)

    async def changed(self, seconds: float) -> Collection[str]:
        return await self._news.wait(seconds)

    async def renew(self, delivery: Delivery) -> None:
        await self._renew(self._holding(delivery))

    async def complete(self, delivery: Delivery) -> None:
        await self._settle(delivery, lambda r, m: r.complete_message(m))

    async def abandon(self, delivery: Delivery, delay: float) -> None:
        if delay <= 0:
            await self._settle(delivery, lambda r, m: r.abandon_message(m))
            return
        held = self._holding(delivery)
        del self._inboxes[delivery.queue].held[delivery.token]
        task = asyncio.create_task(self._abandon_later(held, delay))
        self._later[task] = held
        task.add_done_callback(self._later.pop)

    async def dead_letter(self, delivery: Delivery, reason: str, description: str) -> None:
        await self._settle(
            delivery,
            lambda r, m: r.dead_letter_message(
                m, reason=reason, error_description=description or None
            ),
        )
        self.announce(DEAD_LETTERS)

    async def close(self) -> None:
        """Give back what is locked, so that others have it at once, and end all links."""
        self._news.stop()
        held = [held for inbox in self._inboxes.values() for held in inbox.held.values()]
        held += self._later.values()
        for task in self._later:
            task.cancel()
        await asyncio.gather(*(_give_back(each) for each in held))
        await asyncio.gather(
            self._forwarder.close(), *(inbox.close() for inbox in self._inboxes.values())
        )

    def _holding(self, delivery: Delivery) -> Held:
        """Raises Conflict when the lock is lost."""
        inbox = self._inboxes.get(delivery.queue)
        held = inbox.held.get(delivery.token) if inbox else None
        if held is None or held.lost:
            raise Conflict(delivery.id)
        return held

    async def _settle(self, delivery: Delivery, settle: Settle) -> None:
        """Do it once; a link that fails at it is not used again."""
        held = self._holding(delivery)
        del self._inboxes[delivery.queue].held[delivery.token]
        async with held.turn:
            try:
                await settle(held.receiver, held.message)
            except Exception as error:
                held.locked_until = 0
                raise self._failed(error, delivery) from error
            finally:
                held.settled.set()
        self.announce(delivery.queue)

    async def _renew(self, held: Held) -> None:
        async with held.turn:
            try:
                if session := held.receiver.session:
                    until = await session.renew_lock()
                else:
                    until = await held.receiver.renew_message_lock(held.message)
            except Exception as error:
                raise self._failed(error, held.delivery) from error
        held.locked_until = until.timestamp()

    def _failed(self, error: Exception, delivery: Delivery) -> Exception:
        return settling(error, delivery.queue, delivery.id, keyed=self._connection.keyed)

    async def _abandon_later(self, held: Held, delay: float) -> None:
        """Service Bus abandons at once only: hold the lock, and with it the session, until then."""
        until = monotonic() + delay
        inbox = self._inboxes[held.delivery.queue]
        try:
            while (left := until - monotonic()) > 0:
                half = (held.locked_until - time()) / 2
                await asyncio.sleep(min(left, max(0.01, half)))
                if until - monotonic() > 0:
                    await self._renew(held)
            inbox.held[held.delivery.token] = held
            await self.abandon(held.delivery, 0)
        except Exception as error:
            log.warning("servicebus.lock_lost", queue=held.delivery.queue, reason=str(error))


async def _give_back(held: Held) -> None:
    with suppress(Exception):
        async with asyncio.timeout(2), held.turn:
            await held.receiver.abandon_message(held.message)
    held.settled.set()
