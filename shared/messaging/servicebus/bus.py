"""The bus on Azure Service Bus: queues with sessions, duplicate detection and dead letters."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from shared.errors import FabricError
from shared.event import Event
from shared.messaging.servicebus.connection import Connection
from shared.messaging.servicebus.dead_letters import DeadLetterDesk
from shared.messaging.servicebus.forwarder import Forwarder
from shared.messaging.servicebus.message import outgoing
from shared.messaging.servicebus.receiver import Receiver
from shared.messaging.servicebus.sender import QueueSender
from shared.ports.bus import Delivery
from shared.queues import DEAD_LETTERS

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.messaging.claim_check import ClaimCheck

LIMIT_BYTES = 200_000
"""The JSON of an event at most; the rest of the 256 KB of a message is for its properties."""


class ServiceBusBus:
    """Sends to Service Bus, and receives from it where no Functions host does.

    `host` is the namespace; a `connection` string, which names it too, or a `credential` opens
    it. What `claims` checks in travels as a ticket.
    """

    ordered = True
    max_deliveries = 10

    def __init__(
        self,
        host: str,
        *,
        connection: str = "",
        credential: "AsyncTokenCredential | None" = None,
        claims: "ClaimCheck",
    ) -> None:
        self._connection = Connection(host, connection, credential)
        self._claims = claims
        self._senders: dict[str, QueueSender] = {}
        self._troubles: dict[str, str] = {}
        self._receiver = Receiver(self._connection, Forwarder(self._connection))

    async def send(self, queue: str, *events: Event, delay: float = 0) -> None:
        """As the port says, for what fits one batch (256 KB, 1 MB on Premium).

        More goes in several batches: one that fails leaves those before it sent. The caller
        sends all again, and duplicate detection drops what is there already.
        """
        if not events:
            return
        checked = [await self._claims.check_in(queue, event, LIMIT_BYTES) for event in events]
        try:
            await self._sender(queue).send([outgoing(event, delay) for event in checked])
        except FabricError as error:
            self._troubles[queue] = str(error)
            raise
        self._troubles.pop(queue, None)
        if delay <= 0:
            self._receiver.announce(queue)

    async def receive(self, queue: str, limit: int = 1) -> list[Delivery]:
        """As the port says: what has arrived; `changed` tells when there is more.

        Where the namespace does not forward dead letters to `dead-letters`, receiving from
        there moves those of the queues that this process receives from.
        """
        return await self._receiver.receive(queue, limit)

    async def changed(self, timeout: float) -> Collection[str]:  # noqa: ASYNC109 -- the port's name
        """As the port says, of the queues that this process sends to or has received from."""
        return await self._receiver.changed(timeout)

    async def renew(self, delivery: Delivery) -> None:
        """Raises Conflict when the lock is lost, as do the three below."""
        await self._receiver.renew(delivery)

    async def complete(self, delivery: Delivery) -> None:
        await self._receiver.complete(delivery)

    async def abandon(self, delivery: Delivery, *, delay: float = 0) -> None:
        """With a delay, this process holds the session until then."""
        await self._receiver.abandon(delivery, delay)

    async def dead_letter(self, delivery: Delivery, reason: str, description: str = "") -> None:
        await self._receiver.dead_letter(delivery, reason, description)

    def dead_letters(self, queue: str) -> DeadLetterDesk:
        """What the broker put aside of this queue."""
        return DeadLetterDesk(self._connection, queue, self._sender)

    async def check(self) -> str:
        """Open a link to a queue that everybody needs, and tell what is wrong with others."""
        try:
            await self._sender(DEAD_LETTERS).check()
        except FabricError as error:
            return str(error)
        return next(iter([*self._troubles.values(), *self._receiver.troubles]), "")

    async def close(self) -> None:
        """Give back at once what is locked, and close all connections."""
        await self._receiver.close()
        for sender in self._senders.values():
            await sender.close()
        await self._connection.close()

    def _sender(self, queue: str) -> QueueSender:
        if queue not in self._senders:
            self._senders[queue] = QueueSender(self._connection, queue)
        return self._senders[queue]
