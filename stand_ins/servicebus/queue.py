"""A queue or a subscription: what waits, who has it, and in what order it comes."""

import heapq
from collections import deque
from enum import Enum, auto
from typing import Any
from uuid import UUID, uuid4

from stand_ins.servicebus.consumer import Consumer
from stand_ins.servicebus.errors import message_lock_lost, not_allowed
from stand_ins.servicebus.faults import SETTLEMENTS_LOST, Faults
from stand_ins.servicebus.message import Message, State, now_ms
from stand_ins.servicebus.node import Node
from stand_ins.servicebus.sessions import SessionLocks
from stand_ins.servicebus.settings import EntitySettings
from stand_ins.servicebus.timers import later

DEAD_LETTER_SUFFIX = "/$deadletterqueue"


class Outcome(Enum):
    """What a receiver makes of a message."""

    COMPLETE = auto()
    ABANDON = auto()
    RELEASE = auto()
    DEFER = auto()
    DEAD_LETTER = auto()


class Queue(Node):
    """`active` holds deliverable messages by sequence number.

    `ready` orders them: one heap of sequence numbers a session, or one under the key None where
    sessions are not required. Entries whose message has meanwhile left `active` are skipped. A
    message that comes back after a lost lock or an abandon returns to its place by sequence
    number, so that order within a session holds.
    """

    def __init__(
        self, name: str, settings: EntitySettings, faults: Faults, *, is_dead_letter: bool = False
    ) -> None:
        super().__init__(name, settings)
        self.is_dead_letter = is_dead_letter
        self.active: dict[int, Message] = {}
        self.ready: dict[str | None, list[int]] = {}
        self.locked: dict[UUID, Message] = {}
        self.deferred: dict[int, Message] = {}
        self.consumers: deque[Consumer] = deque()
        self.locks = SessionLocks(self, settings.lock_duration_seconds)
        self._faults = faults
        self.dead_letters: Queue | None = None
        if not is_dead_letter:
            dead = settings.dead_letter_queue()
            self.dead_letters = Queue(name + DEAD_LETTER_SUFFIX, dead, faults, is_dead_letter=True)

    def stats(self) -> dict[str, int]:
        dead = self.dead_letters
        return {
            "active": len(self.active),
            "available": self._available(),
            "locked": len(self.locked),
            "deadLetter": len(dead.active) + len(dead.locked) + len(dead.deferred) if dead else 0,
            "scheduled": len(self.scheduled),
            "deferred": len(self.deferred),
        }

    def _available(self) -> int:
        """Return how many active messages do not wait behind one of their session in work."""
        if not self.settings.requires_session:
            return len(self.active)
        in_work = {message.session for message in self.locked.values()}
        return sum(message.session not in in_work for message in self.active.values())

    # --- storing

    def check(self, message: Message) -> None:
        if self.is_dead_letter:
            raise not_allowed("Messages cannot be sent to a dead-letter queue.")
        if self.settings.requires_session and message.session is None:
            raise not_allowed(
                "The SessionId was not set on a message, and it cannot be sent to the entity."
            )

    def enqueue(self, message: Message) -> None:
        message.enqueued_at = now_ms()
        ttls = [message.ttl, self.settings.default_ttl and int(self.settings.default_ttl * 1000)]
        message.ttl = min((int(ttl) for ttl in ttls if ttl), default=None)
        if message.ttl:
            message.expires_at = message.enqueued_at + message.ttl
            later(message.expires_at, self._expire, message)
        if self.settings.requires_session and message.session is None:  # only through a topic
            text = "Session enabled entity doesn't allow a message without a session identifier."
            self._dead_letter(message, "Session id is null.", text)
            return
        self._make_ready(message)
        self.pump()

    def _make_ready(self, message: Message) -> None:
        message.state = State.ACTIVE
        if message.expires_at and message.expires_at <= now_ms():
            self._drop_expired(message)
            return
        key = message.session if self.settings.requires_session else None
        self.active[message.sequence] = message
        heapq.heappush(self.ready.setdefault(key, []), message.sequence)

    def _expire(self, message: Message) -> None:
        if self.active.get(message.sequence) is message:
            del self.active[message.sequence]
            self._drop_expired(message)

    def _drop_expired(self, message: Message) -> None:
        if self.settings.dead_lettering_on_message_expiration:
            text = "The message expired and was dead lettered."
            self._dead_letter(message, "TTLExpiredException", text)

    def _dead_letter(self, message: Message, reason: str | None, description: str | None) -> None:
        details = {"DeadLetterReason": reason, "DeadLetterErrorDescription": description}
        message.add_application_properties({k: v for k, v in details.items() if v is not None})
        message.dead_letter_source = self.name
        message.expires_at = None  # nothing expires inside a dead-letter queue
        dead = self.dead_letters or self
        dead._make_ready(message)
        dead.pump()

    # --- delivering

    def head(self, key: str | None) -> int | None:
        """Return the sequence number of the first deliverable message of a session, if any."""
        heap = self.ready.get(key)
        while heap and heap[0] not in self.active:
            heapq.heappop(heap)
        if not heap:
            self.ready.pop(key, None)
            return None
        return heap[0]

    def pump(self) -> None:
        """Hand deliverable messages to receivers with credit, one each in turn."""
        self.locks.serve_waiting()
        idle = 0
        while self.active and idle < len(self.consumers):
            consumer = self.consumers[0]
            self.consumers.rotate(-1)
            sequence = self.head(consumer.session_id) if consumer.credit > 0 else None
            if sequence is None:
                idle += 1
                continue
            idle = 0
            message = self.active.pop(sequence)
            if not consumer.pre_settled:
                self.lock(message, consumer)
            consumer.take(message)

    def lock(self, message: Message, holder: Consumer | None) -> None:
        message.token = uuid4()
        message.holder = holder
        self.locked[message.token] = message
        if self.settings.requires_session:
            message.locked_until = self.locks.until(message.session or "")
        else:
            message.locked_until = self.lock_end()
            later(message.locked_until, self._check_lock, message.token)

    def lock_end(self) -> int:
        """Return when a lock that begins or is renewed now runs out."""
        return now_ms() + int(self.settings.lock_duration_seconds * 1000)

    def _check_lock(self, token: UUID) -> None:
        message = self.locked.get(token)
        if message is None:
            return
        if message.locked_until > now_ms():  # it was renewed
            later(message.locked_until, self._check_lock, token)
        else:
            self.give_back(message, counted=True)
            self.pump()

    def _unlock(self, message: Message) -> None:
        if message.token is not None:
            del self.locked[message.token]
        message.token = message.holder = None
        message.locked_until = 0

    def give_back(self, message: Message, *, counted: bool) -> None:
        """Return a locked message; `counted` says whether that was a delivery attempt."""
        self._unlock(message)
        message.delivery_count += counted
        most = self.settings.max_delivery_count
        if message.delivery_count >= most:
            text = f"Message could not be consumed after {most} delivery attempts."
            self._dead_letter(message, "MaxDeliveryCountExceeded", text)
        elif message.state == State.DEFERRED:
            self.deferred[message.sequence] = message
        else:
            self._make_ready(message)

    def held(self, token: UUID) -> Message:
        """Return the message of a lock. Raise AmqpError if the lock is lost."""
        message = self.locked.get(token)
        if message is None:
            raise message_lock_lost()
        if not self.settings.requires_session and message.locked_until <= now_ms():
            raise message_lock_lost()
        return message

    def settle(
        self, token: UUID, outcome: Outcome, reason: Any = None, description: Any = None
    ) -> None:
        message = self.held(token)
        if self._faults.befalls(SETTLEMENTS_LOST):
            return  # the receiver hears success; the message comes back once its lock is gone
        match outcome:
            case Outcome.COMPLETE:
                self._unlock(message)
            case Outcome.DEFER:
                self._unlock(message)
                message.delivery_count += 1
                message.state = State.DEFERRED
                self.deferred[message.sequence] = message
            case Outcome.DEAD_LETTER if not self.is_dead_letter:
                self._unlock(message)
                self._dead_letter(message, reason, description)
            case _:
                self.give_back(message, counted=outcome is not Outcome.RELEASE)
                self.pump()

    def release(self, consumer: Consumer, *, counted: bool) -> None:
        """Let a receiver go. Its session is free at once; without sessions its locks run out.

        `counted`: what it held counts as delivered, as when its process was killed.
        """
        if consumer in self.consumers:
            self.consumers.remove(consumer)
        self.locks.release(consumer, counted=counted)
        self.pump()
