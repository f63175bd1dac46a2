"""The sending side of one queue: one link, made when needed and again when it broke."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.messaging.servicebus.connection import Connection, close_link, open_link
from shared.messaging.servicebus.errors import failure

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusMessage
    from azure.servicebus.aio import ServiceBusSender

SEND_SECONDS = 5.0
"""A send has so long in all: its turn, connecting, retries. Webhooks have about 15 s."""


class QueueSender:
    """Sends one after the other, since two that share a link wait for each other's answers.

    An idle link stays open; the SDK keeps it alive and renews its token.
    """

    def __init__(self, connection: Connection, queue: str) -> None:
        self._connection = connection
        self._queue = queue
        self._turn = asyncio.Lock()
        self._link: ServiceBusSender | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, messages: Sequence["ServiceBusMessage"]) -> None:
        """Return when the broker has confirmed all. Raises as `servicebus_errors.failure` says."""
        try:
            async with asyncio.timeout(SEND_SECONDS), self._turn:
                if self._link is None:
                    self._link = self._connection.sender(self._queue)
                try:
                    if len(messages) == 1:
                        await self._link.send_messages(messages[0], timeout=SEND_SECONDS)
                    else:
                        await _send_batches(self._link, messages)
                except BaseException:
                    self._drop()  # whatever state it is in: a cancelled send leaves half a one
                    raise
        except Exception as error:
            raise failure(error, self._queue, keyed=self._connection.keyed) from error

    async def check(self) -> None:
        """Open a link of its own, as a first send does. Raises as `send`."""
        link = self._connection.sender(self._queue)
        try:
            if not await open_link(link, asyncio.Event(), SEND_SECONDS):
                raise TimeoutError
        except Exception as error:
            raise failure(error, self._queue, keyed=self._connection.keyed) from error
        finally:
            self._close_later(link)

    async def close(self) -> None:
        self._drop()
        await asyncio.gather(*self._closing)

    def _drop(self) -> None:
        if link := self._link:
            self._link = None
            self._close_later(link)

    def _close_later(self, link: "ServiceBusSender") -> None:
        """Closing takes up to a second, and longer when the other side is gone."""
        task = asyncio.create_task(close_link(link))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _send_batches(link: "ServiceBusSender", messages: Sequence["ServiceBusMessage"]) -> None:
    """In one batch, which the broker takes whole or not at all; in several when it is too large."""
    batch = await link.create_message_batch()
    for message in messages:
        try:
            batch.add_message(message)
        except ValueError:
            if not len(batch):
                raise
            await link.send_messages(batch, timeout=SEND_SECONDS)
            batch = await link.create_message_batch()
            batch.add_message(message)
    await link.send_messages(batch, timeout=SEND_SECONDS)
