"""At most so many messages a second from one business number, in this process."""

import asyncio
from collections import deque

from shared.errors import TransientError

PER_SECOND = 80.0
"""Messages a second that Meta takes from a number by default (docs, "Throughput")."""

PATIENCE = 5.0
"""Seconds a message waits in place; one that would wait longer goes back to its queue."""

_MARGIN = 1.05
"""Requests do not keep their distance on the way."""


class NumberPace:
    """Sliding windows by phone_number_id."""

    def __init__(self) -> None:
        self._slots: dict[str, deque[float]] = {}

    async def wait(self, number: str, per_second: float | None = None) -> None:
        """Return when the next message may go. Raises TransientError for a long wait."""
        now = asyncio.get_running_loop().time()
        slot = self.reserve(number, per_second, now)
        if slot > now:
            await asyncio.sleep(slot - now)

    def reserve(self, number: str, per_second: float | None, now: float) -> float:
        """Take the next slot and return its time; a `per_second` below Meta's counts."""
        rate = min(PER_SECOND, per_second or PER_SECOND)
        count = max(1, int(rate))
        slots = self._slots.setdefault(number, deque(maxlen=int(PER_SECOND)))
        slot = now
        if len(slots) >= count:
            slot = max(now, slots[-count] + max(1.0, count / rate) * _MARGIN)
        if slot - now > PATIENCE:
            raise TransientError("number is busy", after=slot - now)
        slots.append(slot)
        return slot
