"""Azure Storage Queue: the cheap bus, without sessions and without duplicate detection."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass, field
from math import ceil
from time import time
from typing import TYPE_CHECKING

from shared.errors import Conflict, Unavailable
from shared.event import Event
from shared.messaging.claim_check import ClaimCheck
from shared.messaging.storagequeue.client import Message, QueueAccount
from shared.messaging.storagequeue.dead import SUFFIX, TRIED_TOO_OFTEN, UNDECODABLE, Poison, decoded
from shared.messaging.storagequeue.watch import Watch
from shared.observability import log
from shared.ports.bus import Delivery
from shared.queues import DEAD_LETTERS

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

LIMIT = 48 * 1024
"""Bytes of JSON that are 64 KiB in base64, the largest message."""

LONGEST_DELAY = 7 * 86_400


@dataclass(slots=True)
class _Held:
    """A lock of ours; `changing` keeps renewal and settlement of it apart."""

    message: Message
    until: float
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)


class StorageQueueBus:
    """Queues with peek-lock, delay and poison queues, which the Functions host reads as well.

    `connection` is a connection string; without one `account` names the account, and
    `credential` is who asks. Locks and delays are whole seconds, rounded up. `lock_seconds` is
    how long a message is hidden unless renewed, `max_deliveries` how often one is tried before
    it moves to `<queue>-poison`: both as the Functions host has them.
    """

    ordered = False
    max_deliveries = 5

    def __init__(
        self,
        account: str,
        *,
        connection: str = "",
        credential: "AsyncTokenCredential | None" = None,
        claims: ClaimCheck,
        lock_seconds: float = 600,
        max_deliveries: int = max_deliveries,
    ) -> None:
        self._account = QueueAccount(account, connection, credential)
        self._claims = claims
        self._lock_seconds = max(1, ceil(lock_seconds))
        self.max_deliveries = max_deliveries
        self._poison = Poison(self._account)
        self._held: dict[str, _Held] = {}
        self._watch = Watch(self._account, self._poison)

    async def send(self, queue: str, *events: Event, delay: float = 0) -> None:
        """Enqueue one after the other, durable on return; a missing queue is created.

        Over several events it is not all or nothing: when it raises, those before are there,
        and whoever sends all of them again makes copies. So does a send whose answer was lost.
        Nobody here drops copies: the receiver knows them by their id. A delay over 7 days is
        cut, with a warning. Raises Unavailable.
        """
        tickets = [await self._claims.check_in(queue, event, LIMIT) for event in events]
        seconds = ceil(delay)
        if seconds > LONGEST_DELAY:
            log.warning("queue.delay_cut", queue=queue, asked=seconds, seconds=LONGEST_DELAY)
            seconds = LONGEST_DELAY
        for ticket in tickets:
            text = b64encode(ticket.to_json().encode()).decode()
            await self._account.put(queue, text, delay=seconds)
        if tickets and seconds > 0:
            self._watch.expect(seconds)
        elif tickets:
            self._watch.announce(queue)

    async def receive(self, queue: str, limit: int = 1) -> list[Delivery]:
        """As the port says, by messages instead of sessions.

        What is not base64 or was tried too often moves to the poison queue in passing, as under
        the Functions host; from a poison queue everything comes as it is.
        `dead-letters` are those of the queues that this client has received from.
        """
        self._watch.received(queue)
        places = self._poison.queues(self._watch.queues) if queue == DEAD_LETTERS else [queue]
        now = time()
        for token in [token for token, held in self._held.items() if now >= held.until]:
            del self._held[token]
        found: list[Delivery] = []
        for place in places:
            if len(found) == limit:
                break
            until = time() + self._lock_seconds
            try:
                messages = await self._account.get(place, limit - len(found), self._lock_seconds)
            except Unavailable:
                if found:  # these are locked and must not be lost on the way to the caller
                    break
                raise
            for message in messages:
                if delivery := await self._deliver(queue, message, until):
                    found.append(delivery)
        return found

    async def changed(self, timeout: float) -> set[str]:  # noqa: ASYNC109 -- the port's name
        """As the port says, about queues that were received from.

        The service tells nobody that something came: what this process sends wakes at once,
        what others send is seen at the next look.
        """
        return await self._watch.wait(timeout)

    async def renew(self, delivery: Delivery) -> None:
        """Raises Conflict when the lock is lost, as do the three below."""
        held = self._lock_of(delivery)

        async def extend() -> None:
            async with held.changing:
                until = time() + self._lock_seconds
                held.message = await self._account.hide(held.message, self._lock_seconds)
                held.until = until

        # to its end even if the caller is cancelled: the receipt of half a renewal is lost
        await asyncio.shield(asyncio.create_task(extend()))

    async def complete(self, delivery: Delivery) -> None:
        held = self._lock_of(delivery)
        async with held.changing:
            await self._account.delete(held.message)
            self._forget(delivery)
            self._poison.forget(held.message)

    async def abandon(self, delivery: Delivery, *, delay: float = 0) -> None:
        held = self._lock_of(delivery)
        if delivery.count >= self.max_deliveries:
            await self.dead_letter(delivery, TRIED_TOO_OFTEN)
            return
        async with held.changing:
            await self._account.hide(held.message, min(ceil(delay), LONGEST_DELAY))
            self._forget(delivery)
        if delay > 0:
            self._watch.expect(ceil(delay))
        else:
            self._watch.announce(delivery.queue)

    async def dead_letter(self, delivery: Delivery, reason: str, description: str = "") -> None:
        held = self._lock_of(delivery)
        async with held.changing:
            await self._poison.move(held.message, reason, description)
            self._forget(delivery)
        self._watch.announce(DEAD_LETTERS)

    async def check(self) -> str:
        return await self._account.check()

    async def close(self) -> None:
        """Give back what is still locked, at once, and close the connections."""
        await self._watch.stop()
        now = time()
        held = [held for held in self._held.values() if now < held.until]
        self._held.clear()
        await asyncio.gather(*map(self._give_back, held), return_exceptions=True)
        await self._account.close()

    async def _give_back(self, held: _Held) -> None:
        async with held.changing:
            await self._account.hide(held.message, 0)

    async def _deliver(self, queue: str, message: Message, until: float) -> Delivery | None:
        """The message as a delivery, or None when it moved to the poison queue."""
        body, event = decoded(message.text)
        dead = queue == DEAD_LETTERS or queue.endswith(SUFFIX)
        if body is None and not dead:
            reason = UNDECODABLE
        elif message.count > self.max_deliveries:
            reason = TRIED_TOO_OFTEN
        else:
            reason = ""
        if reason:
            try:
                await self._poison.move(message, reason)
                self._watch.announce(DEAD_LETTERS)
            except (Unavailable, Conflict) as error:
                log.warning("queue.not_moved", queue=message.queue, reason=str(error))
            return None
        token = f"{message.id} {message.receipt}"
        self._held[token] = _Held(message, until)
        return Delivery(
            queue=queue,
            id=event.id if event else message.id,
            session=(event.conversation or event.id) if event else message.id,
            body=message.text if body is None else body,
            count=message.count,
            token=token,
            locked_until=until,
            enqueued_at=message.inserted_at,
            properties=self._poison.properties(message, event) if dead else {},
        )

    def _lock_of(self, delivery: Delivery) -> _Held:
        held = self._held.get(delivery.token)
        if held is None or time() >= held.until:
            self._forget(delivery)
            raise Conflict(delivery.id)
        return held

    def _forget(self, delivery: Delivery) -> None:
        self._held.pop(delivery.token, None)
