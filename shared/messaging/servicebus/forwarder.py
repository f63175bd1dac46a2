"""Dead letters go to the queue `dead-letters`, also where the namespace does not send them there.

In Azure each queue has `forwardDeadLetteredMessagesTo`; then its own dead-letter queue stays
empty and refuses receivers, and there is nothing to do here.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.errors import FabricError
from shared.messaging.servicebus.connection import (
    ACCEPT_SECONDS,
    POLL_SECONDS,
    Connection,
    close_link,
    open_link,
    pause,
)
from shared.messaging.servicebus.errors import failure, other_kind
from shared.messaging.servicebus.message import SOURCE, again, dead_letter_properties, message_id
from shared.messaging.servicebus.sender import QueueSender
from shared.observability import log
from shared.queues import DEAD_LETTERS

if TYPE_CHECKING:
    from azure.servicebus.aio import ServiceBusReceiver


class Forwarder:
    """Moves what lies in `<queue>/$deadletterqueue`, for each queue it is started for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sender = QueueSender(connection, DEAD_LETTERS)
        self._stop = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, queues: Iterable[str]) -> None:
        for queue in queues:
            if queue != DEAD_LETTERS and queue not in self._tasks:
                self._tasks[queue] = asyncio.create_task(self._forward(queue))

    async def close(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._sender.close()

    async def _forward(self, queue: str) -> None:
        """Until the broker says that it does so itself."""
        failures = 0
        while not self._stop.is_set():
            receiver, opened = self._connection.dead_letter_receiver(queue), False
            try:
                opened = await open_link(receiver, self._stop, ACCEPT_SECONDS)
                while not self._stop.is_set():
                    await self._next(receiver, queue)
                    failures = 0
            except Exception as error:
                if other_kind(error) and not opened:
                    return
                if not failures:
                    reason = self._reason(error, queue)
                    log.error("servicebus.dead_letters_stay", queue=queue, reason=reason)
                failures += 1
                await pause(self._stop, failures)
            finally:
                await close_link(receiver)

    async def _next(self, receiver: "ServiceBusReceiver", queue: str) -> None:
        """The copy first: a crash in between repeats a dead letter, and loses none."""
        for message in await receiver.receive_messages(1, max_wait_time=POLL_SECONDS):
            why = {**dead_letter_properties(message), SOURCE: queue}
            await self._sender.send([again(message, message_id(message), why)])
            await receiver.complete_message(message)

    def _reason(self, error: Exception, queue: str) -> str:
        if isinstance(error, FabricError):
            return str(error)
        return str(failure(error, queue, keyed=self._connection.keyed))
