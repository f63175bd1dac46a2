"""One link to a queue, from opening to closing: it takes message after message, one at a time."""

from typing import TYPE_CHECKING

from shared.messaging.servicebus.connection import POLL_SECONDS, close_link

if TYPE_CHECKING:
    from azure.servicebus.aio import ServiceBusReceiver

    from shared.messaging.servicebus.inbox import Inbox


class Link:
    """Works for an inbox. While `_waits`, it counts there as one that waits for a message."""

    def __init__(self, inbox: "Inbox") -> None:
        self._inbox = inbox
        self._waits = True

    async def run(self) -> None:
        inbox = self._inbox
        receiver: ServiceBusReceiver | None = None
        try:
            if receiver := await inbox.open():
                await self._serve(receiver)
        except Exception as error:
            if self._waits:
                await inbox.back_off(error)
        finally:
            self._wait(False)
            if receiver:
                await close_link(receiver)

    async def _serve(self, receiver: "ServiceBusReceiver") -> None:
        """Hand out message after message until there are none, or nobody asks for more."""
        while True:
            messages = await receiver.receive_messages(1, max_wait_time=POLL_SECONDS)
            if not messages:
                if receiver.session or not self._inbox.asked:
                    return
                continue
            held = self._inbox.put(receiver, messages[0])
            self._wait(False)
            if not await self._inbox.leave(held) or not await self._inbox.wants_more():
                return
            if not receiver.session:
                self._wait(True)

    def _wait(self, waits: bool) -> None:
        if waits is not self._waits:
            self._waits = waits
            self._inbox.waits(1 if waits else -1)
