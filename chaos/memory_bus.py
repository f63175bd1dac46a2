"""A bus in memory, for simulations: sessions, peek-lock, schedule, duplicates, dead letters."""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from shared.errors import Conflict
from shared.event import Event
from shared.messaging.embedded.messages import DEAD_FOR_GOOD, TRIED_TOO_OFTEN
from shared.ports.bus import Delivery
from shared.queues import DEAD_LETTERS


@dataclass(slots=True, eq=False)
class _Message:
    """`held_until` counts while `held`: locked by `owner`, or put back with a delay by nobody."""

    queue: str
    session: str
    id: str
    body: str
    properties: dict[str, str] = field(default_factory=dict)
    seq: int = 0
    enqueued_at: float = 0.0
    count: int = 0
    held: bool = False
    held_until: float = 0.0
    owner: str = ""


class MemoryBus:
    """The queues themselves; each process reaches them as an owner of locks.

    Without `sessions` every message is its own session: a control uses that.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        lock_seconds: float = 30,
        max_deliveries: int = 10,
        duplicate_window: float = 86_400,
        sessions: bool = True,
    ) -> None:
        self._clock = clock
        self._lock_seconds = lock_seconds
        self.max_deliveries = max_deliveries
        self._duplicate_window = duplicate_window
        self._sessions = sessions
        self._waiting: dict[str, dict[str, deque[_Message]]] = {}
        self._scheduled: list[tuple[float, int, _Message]] = []
        self._held: list[_Message] = []
        self._seen: dict[tuple[str, str], float] = {}
        self._numbers = count(1)
        self.version = 0
        self._news = asyncio.Event()

    async def send(self, queue: str, *events: Event, delay: float = 0) -> None:
        for event in events:
            now = self._clock()
            if self._seen.get((queue, event.message_id), 0.0) > now:
                continue
            self._seen[queue, event.message_id] = now + self._duplicate_window
            session = (event.conversation if self._sessions else "") or event.id
            message = _Message(queue, session, event.message_id, event.to_json())
            if delay > 0:
                heapq.heappush(self._scheduled, (now + delay, next(self._numbers), message))
            else:
                self._enqueue(message)
        self.announce()

    def receive(self, queue: str, owner: str, limit: int = 1) -> list[Delivery]:
        """Lock up to `limit` sessions for `owner` and hand out the first message of each."""
        self._pass_time()
        heads = [line[0] for line in self._waiting.get(queue, {}).values()]
        ready = sorted((m for m in heads if not m.held), key=lambda message: message.seq)
        until = self._clock() + self._lock_seconds
        for message in ready[:limit]:
            message.count += 1
            message.held, message.held_until, message.owner = True, until, owner
            self._held.append(message)
        return [_delivery(message) for message in ready[:limit]]

    def complete(self, delivery: Delivery) -> None:
        """Raises Conflict when the lock is lost, as do the two below."""
        self._remove(self._locked(delivery))

    def abandon(self, delivery: Delivery, *, delay: float = 0) -> None:
        message = self._locked(delivery)
        if delay > 0 and message.count < self.max_deliveries:
            message.owner, message.held_until = "", self._clock() + delay
        else:
            self._again(message)

    def dead_letter(self, delivery: Delivery, reason: str, description: str = "") -> None:
        self._bury(self._locked(delivery), reason, description)

    def expire(self, owner: str) -> None:
        """End every lock that `owner` has, whether it knows or not."""
        for message in self._held:
            if message.owner == owner:
                message.held_until = 0.0
        self.announce()

    def ready(self, queue: str) -> bool:
        self._pass_time()
        return any(not line[0].held for line in self._waiting.get(queue, {}).values())

    @property
    def empty(self) -> bool:
        """Whether no message is left anywhere, but for those that are dead for good."""
        return not self._scheduled and not any(
            lines for queue, lines in self._waiting.items() if queue != DEAD_FOR_GOOD
        )

    async def changed(self, since: int) -> None:
        """Return when something may have become ready since the bus had that `version`."""
        self._pass_time()
        if self.version != since:
            return
        times = [message.held_until for message in self._held]
        times += [due for due, *_ in self._scheduled[:1]]
        wait = max(0.0, min(times) - self._clock()) + 1e-6 if times else None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), wait)

    def announce(self) -> None:
        self.version += 1
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _pass_time(self) -> None:
        """Enqueue what became due; give back what was held for too long."""
        now = self._clock()
        while self._scheduled and self._scheduled[0][0] <= now:
            self._enqueue(heapq.heappop(self._scheduled)[2])
            self.announce()
        for message in [message for message in self._held if message.held_until <= now]:
            self._again(message)

    def _enqueue(self, message: _Message) -> None:
        message.seq, message.enqueued_at = next(self._numbers), self._clock()
        lines = self._waiting.setdefault(message.queue, {})
        lines.setdefault(message.session, deque()).append(message)

    def _locked(self, delivery: Delivery) -> _Message:
        for message in self._held:
            token = _token(message)
            if token == delivery.token and message.held_until > self._clock():
                return message
        raise Conflict(delivery.id)

    def _again(self, message: _Message) -> None:
        if message.count >= self.max_deliveries:
            self._bury(message, TRIED_TOO_OFTEN, f"delivered {message.count} times")
        else:
            self._held.remove(message)
            message.held, message.owner = False, ""
        self.announce()

    def _bury(self, message: _Message, reason: str, description: str) -> None:
        self._remove(message)
        properties = {"DeadLetterReason": reason, "DeadLetterSource": message.queue}
        if description:
            properties["DeadLetterErrorDescription"] = description
        target = DEAD_FOR_GOOD if message.queue.startswith(DEAD_LETTERS) else DEAD_LETTERS
        self._enqueue(_Message(target, message.session, message.id, message.body, properties))

    def _remove(self, message: _Message) -> None:
        self._held.remove(message)
        lines = self._waiting[message.queue]
        lines[message.session].popleft()
        if not lines[message.session]:
            del lines[message.session]
        self.announce()


def _token(message: _Message) -> str:
    return f"{message.seq}.{message.count}.{message.owner}"


def _delivery(message: _Message) -> Delivery:
    return Delivery(
        message.queue,
        message.id,
        message.session,
        message.body,
        message.count,
        _token(message),
        message.held_until,
        message.enqueued_at,
        message.properties,
    )
