"""The broker's own dead letters of a queue: look at them, and send them again."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.errors import FabricError
from shared.event import Event
from shared.messaging.servicebus import message as messages
from shared.messaging.servicebus.connection import Connection, close_link
from shared.messaging.servicebus.errors import failure
from shared.messaging.servicebus.sender import QueueSender

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusMessage, ServiceBusReceivedMessage
    from azure.servicebus.aio import ServiceBusReceiver

WAIT_SECONDS = 1.0
"""How long to wait for another dead letter before there are no more."""

_REPLAY = re.compile(r"(.+):replay:(\d+)")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One as it lies there. `number` is its name at the desk, `source` the queue it died in."""

    number: int
    id: str
    session: str
    source: str
    reason: str
    description: str
    enqueued_at: float
    count: int
    body: str

    @property
    def event(self) -> Event | None:
        """Its envelope, or None when it is none of ours."""
        return Event.read(self.body)


class DeadLetterDesk:
    """Reads `<queue>/$deadletterqueue`. Raises Unavailable, as a send does."""

    def __init__(
        self, connection: Connection, queue: str, sender: Callable[[str], QueueSender]
    ) -> None:
        self._connection = connection
        self._queue = queue
        self._sender = sender

    async def look(self, limit: int = 100, *, after: int = 0) -> list[DeadLetter]:
        """Look without locking: up to `limit`, in order, those above the number `after`."""
        receiver = self._connection.dead_letter_receiver(self._queue)
        try:
            found = await receiver.peek_messages(limit, sequence_number=after + 1)
        except Exception as error:
            raise failure(error, self._queue, keyed=self._connection.keyed) from error
        finally:
            await close_link(receiver)
        return [self._letter(message) for message in found]

    async def resubmit(
        self, numbers: Collection[int] | None = None, *, limit: int = 100
    ) -> list[str]:
        """Send those of these numbers, or the first `limit`, to where they died; their new ids.

        In the order in which they were first sent, each in its session, under the id
        `{id}:replay:{n}`. A dead letter goes only when its successor is confirmed; after a
        crash in between the next try uses the same id, which the broker drops.
        """
        receiver = self._connection.dead_letter_receiver(self._queue)
        try:
            found = await self._lock(receiver, numbers, limit)
            found.sort(key=_first_sent)
            sent = []
            for message in found:
                letter = self._letter(message)
                id, again = _replay(message, letter)
                await self._sender(letter.source).send([again])
                await receiver.complete_message(message)
                sent.append(id)
        except FabricError:
            raise
        except Exception as error:
            raise failure(error, self._queue, keyed=self._connection.keyed) from error
        finally:
            await close_link(receiver)
        return sent

    async def _lock(
        self, receiver: "ServiceBusReceiver", numbers: Collection[int] | None, limit: int
    ) -> "list[ServiceBusReceivedMessage]":
        """Those wanted; the others are given back when the wanted ones are found.

        One at a time: a link with credit left gets back at once what it gives back.
        """
        found: list[ServiceBusReceivedMessage] = []
        others: list[ServiceBusReceivedMessage] = []
        most = limit if numbers is None else len(numbers)
        while len(found) < most:
            batch = await receiver.receive_messages(1, max_wait_time=WAIT_SECONDS)
            if not batch:
                break
            wanted = numbers is None or batch[0].sequence_number in numbers
            (found if wanted else others).extend(batch)
        for message in others:
            await receiver.abandon_message(message)
        return found

    def _letter(self, message: "ServiceBusReceivedMessage") -> DeadLetter:
        properties = messages.dead_letter_properties(message)
        return DeadLetter(
            message.sequence_number or 0,
            messages.message_id(message),
            messages.session_id(message),
            properties.get(messages.SOURCE, self._queue),
            properties.get(messages.REASON, ""),
            properties.get(messages.DESCRIPTION, ""),
            messages.enqueued_at(message),
            message.delivery_count or 0,
            messages.text(message),
        )


def _first_sent(message: "ServiceBusReceivedMessage") -> int:
    return message.enqueued_sequence_number or message.sequence_number or 0


def _replay(
    message: "ServiceBusReceivedMessage", letter: DeadLetter
) -> "tuple[str, ServiceBusMessage]":
    event = letter.event
    id = event.id if event else letter.id
    match = _REPLAY.fullmatch(id)
    first, times = (match[1], int(match[2])) if match else (id, 0)
    new = f"{first}:replay:{times + 1}"
    if event:
        return new, messages.outgoing(replace(event, id=new))
    return new, messages.again(message, new)
