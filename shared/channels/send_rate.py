"""At most so many messages a second from one sender, in this process."""

import asyncio
from collections import deque

from shared.errors import TransientError

PATIENCE = 5.0
"""Seconds a message waits in place; one that would wait longer goes back to its queue."""

_MARGIN = 1.05
"""Requests do not keep their distance on the way."""


class SendRate:
    """Sliding windows, one for each sender: a phone number, a bot."""

    def __init__(self) -> None:
        self._slots: dict[str, deque[float]] = {}

    async def wait(self, sender: str, per_second: float | None) -> None:
        """Return when the next message may go; at once without a rate.

        Raises TransientError for a long wait.
        """
        if per_second is None:
            return
        now = asyncio.get_running_loop().time()
        slot = self.reserve(sender, per_second, now)
        if slot > now:
            await asyncio.sleep(slot - now)

    def reserve(self, sender: str, per_second: float, now: float) -> float:
        """Take the next slot and return its time."""
        count = max(1, int(per_second))
        slots = self._slots.setdefault(sender, deque(maxlen=count))
        slot = now
        if len(slots) >= count:
            slot = max(now, slots[-count] + max(1.0, count / per_second) * _MARGIN)
        if slot - now > PATIENCE:
            raise TransientError("sending too fast", after=slot - now)
        slots.append(slot)
        return slot
