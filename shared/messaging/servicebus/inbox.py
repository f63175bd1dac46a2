"""What one queue has for this process: links that wait for messages, and messages under lock.

The port's `receive` never waits, the broker answers in its own time. So links stay open for as
many messages as were asked for and not yet given; each takes one message at a time, and keeps
the session of a queue with sessions until that has nothing more.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import time
from typing import TYPE_CHECKING

from shared.messaging.servicebus.connection import ACCEPT_SECONDS, Connection, open_link, pause
from shared.messaging.servicebus.errors import creation, failure, other_kind
from shared.messaging.servicebus.link import Link
from shared.messaging.servicebus.message import incoming
from shared.observability import log
from shared.ports.bus import Delivery
from shared.queues import DEAD_LETTERS, PLAIN

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusReceivedMessage
    from azure.servicebus.aio import ServiceBusReceiver

LINKS = 2
"""How many links of a queue may wait for a message at once; each is a connection."""

IDLE_SECONDS = 0.5
"""How long a session is kept for its next message, and a message for somebody to take it."""

LOST_SECONDS = 1.0
"""How long a link outlives its lock: closed before the broker ended the lock, nothing counts."""


@dataclass(eq=False)
class Held:
    """A message under lock. `turn` keeps two operations off its link at once."""

    delivery: Delivery
    message: "ServiceBusReceivedMessage"
    receiver: "ServiceBusReceiver"
    locked_until: float
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def lost(self) -> bool:
        return time() >= self.locked_until


class Inbox:
    """The receiving side of one queue, with sessions or without as the broker says.

    `announce` is called when a message is ready. Messages that are ready and that nobody takes
    go back; so does a session, which costs no delivery.
    """

    def __init__(self, connection: Connection, queue: str, announce: Callable[[], None]) -> None:
        self.held: dict[str, Held] = {}
        self.trouble = ""
        self._connection = connection
        self._queue = queue
        self._announce = announce
        self._sessions: bool | None = None
        self._ready: list[Held] = []
        self._wanted = 0
        self._more = asyncio.Event()
        self._waiting = 0
        self._links: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._stop = asyncio.Event()

    def take(self, limit: int) -> list[Delivery]:
        """What is ready, the oldest first; what is missing up to `limit` is waited for."""
        self._ready.sort(key=lambda held: held.message.sequence_number or 0)
        taken = [held for held in self._ready[:limit] if not held.lost]
        del self._ready[:limit]
        for held in taken:
            self.held[held.delivery.token] = held
        self._wanted = limit - len(taken)
        self._open_links()
        return [held.delivery for held in taken]

    async def close(self) -> None:
        """End all links; what was ready is nobody's again."""
        self._stop.set()
        self._wanted = 0
        for held in self._ready:
            held.settled.set()
        await asyncio.gather(*self._links, return_exceptions=True)

    @property
    def asked(self) -> bool:
        """Whether somebody asks for another message."""
        return self._missing > 0

    @property
    def _missing(self) -> int:
        return self._wanted - len(self._ready)

    def _open_links(self) -> None:
        if self._missing > 0:
            self._more.set()
        while self._waiting < min(LINKS, self._missing):
            self._waiting += 1
            task = asyncio.create_task(Link(self).run())
            self._links.add(task)
            task.add_done_callback(self._links.discard)

    def waits(self, more: int) -> None:
        """So many links wait for a message now, more than before."""
        self._waiting += more
        self._open_links()

    async def wants_more(self) -> bool:
        """Whether somebody asks for another message, within the time a session is kept."""
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE_SECONDS):
                while not self.asked and not self._stop.is_set():
                    self._more.clear()
                    await self._more.wait()
        return self.asked

    async def open(self) -> "ServiceBusReceiver | None":
        """A link to a session, or to a queue without; None when no session has messages."""
        from azure.servicebus.exceptions import OperationTimeoutError

        first = self._queue != DEAD_LETTERS
        kinds = (first, not first) if self._sessions is None else (self._sessions,)
        for sessions in kinds:
            receiver = self._connection.receiver(self._queue, sessions=sessions)
            try:
                if not await open_link(receiver, self._stop, ACCEPT_SECONDS + 10):
                    return None
            except OperationTimeoutError:
                self._found(sessions)
                return None
            except Exception as error:
                if not other_kind(error):
                    raise
                self._sessions = None
                if sessions is kinds[-1]:
                    raise
            else:
                self._found(sessions)
                return receiver
        return None

    def _found(self, sessions: bool) -> None:
        if self._sessions is None and not sessions and self._queue not in PLAIN:
            self.trouble = f'queue "{self._queue}" has no sessions; {creation(self._queue)}'
            log.warning("servicebus.no_sessions", queue=self._queue, reason=self.trouble)
        elif self._failures:
            self.trouble = ""
        self._sessions = sessions
        if self._failures:
            log.info("servicebus.receives_again", queue=self._queue)
            self._failures = 0

    async def back_off(self, error: Exception) -> None:
        """Wait after a failure, longer after each; the first of a row is reported."""
        if not self._failures:
            self.trouble = str(failure(error, self._queue, keyed=self._connection.keyed))
            log.error("servicebus.receive_failed", queue=self._queue, reason=self.trouble)
        self._failures += 1
        await pause(self._stop, 1 + self._failures // LINKS)

    def put(self, receiver: "ServiceBusReceiver", message: "ServiceBusReceivedMessage") -> Held:
        delivery = incoming(message, self._queue, receiver)
        held = Held(delivery, message, receiver, delivery.locked_until)
        self._ready.append(held)
        self._announce()
        return held

    async def leave(self, held: Held) -> bool:
        """Wait for the end of a message: whether it was settled, so that the link may go on."""
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE_SECONDS):
                await held.settled.wait()
        if held in self._ready:
            self._ready.remove(held)
            self._wanted = 0
            if not held.receiver.session:
                await held.receiver.abandon_message(held.message)
            return False
        while not held.settled.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, held.locked_until - time())):
                    await held.settled.wait()
            if held.lost:
                await asyncio.sleep(LOST_SECONDS)
                break
        self.held.pop(held.delivery.token, None)
        return not held.lost
