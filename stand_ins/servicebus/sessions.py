"""Message sessions: each is locked by one receiver at a time, who alone gets its messages."""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stand_ins.servicebus.consumer import Consumer
from stand_ins.servicebus.errors import session_cannot_be_locked, session_lock_lost
from stand_ins.servicebus.message import now_ms
from stand_ins.servicebus.timers import later

if TYPE_CHECKING:
    from stand_ins.servicebus.queue import Queue


@dataclass
class Slot:
    """Who holds a session, until when, and the state that clients keep with it."""

    owner: Consumer | None = None
    locked_until: int = 0
    state: Any = None


class SessionLocks:
    """The sessions of one queue."""

    def __init__(self, queue: "Queue", lock_seconds: float) -> None:
        self._queue = queue
        self._lock_ms = int(lock_seconds * 1000)
        self._slots: dict[str, Slot] = {}
        self.waiting: deque[Consumer] = deque()
        """Receivers that wait for the next session with messages."""

    def until(self, name: str) -> int:
        """Return when the lock of a session runs out."""
        return self._slots[name].locked_until

    def lock(self, name: str | None, consumer: Consumer) -> str | None:
        """Lock the named session, or the next free one with messages. Return its name, if any.

        Raise AmqpError if another receiver has it.
        """
        if name is None:
            name = self._next()
            if name is None:
                return None
        elif not self._is_free(name):
            raise session_cannot_be_locked(name)
        slot = self._slots.setdefault(name, Slot())
        slot.owner = consumer
        slot.locked_until = now_ms() + self._lock_ms
        consumer.session_id = name
        later(slot.locked_until, self._check, name, consumer)
        return name

    def renew(self, slot: Slot) -> int:
        """Return when the lock runs out now."""
        slot.locked_until = now_ms() + self._lock_ms
        for message in self._queue.locked.values():
            if message.holder is slot.owner:
                message.locked_until = slot.locked_until
        return slot.locked_until

    def release(self, consumer: Consumer, *, counted: bool) -> None:
        """Free the session of a receiver, and give back what it holds."""
        if consumer in self.waiting:
            self.waiting.remove(consumer)
        slot = self._slots.get(consumer.session_id or "")
        if slot is None or slot.owner is not consumer:
            return
        held = [each for each in self._queue.locked.values() if each.holder is consumer]
        for message in held:
            self._queue.give_back(message, counted=counted)
        slot.owner = None

    def serve_waiting(self) -> None:
        while self.waiting and self.lock(None, self.waiting[0]):
            self.waiting.popleft().accepted()

    def owned(self, name: str, link_name: str | None) -> Slot:
        """Return the slot of a session that this link holds. Raise AmqpError if it does not."""
        slot = self._slots.get(name)
        if slot is None or slot.owner is None or slot.owner.name != link_name:
            raise session_lock_lost(name)
        return slot

    def names(self) -> list[str]:
        """Return the sessions that have messages or a state, in order."""
        keys = list(self._queue.ready)
        names = {key for key in keys if key is not None and self._queue.head(key) is not None}
        names |= {name for name, slot in self._slots.items() if slot.state is not None}
        return sorted(names)

    def _is_free(self, name: str) -> bool:
        slot = self._slots.get(name)
        return slot is None or slot.owner is None

    def _next(self) -> str | None:
        """Return the free session whose first message is the oldest."""
        free = [key for key in list(self._queue.ready) if key is not None and self._is_free(key)]
        heads = [(head, key) for key in free if (head := self._queue.head(key)) is not None]
        return min(heads)[1] if heads else None

    def _check(self, name: str, consumer: Consumer) -> None:
        slot = self._slots[name]
        if slot.owner is not consumer:
            return
        if slot.locked_until > now_ms():
            later(slot.locked_until, self._check, name, consumer)
        else:
            self._queue.release(consumer, counted=True)
            consumer.detach(session_lock_lost(name))
