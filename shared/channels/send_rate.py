"""At most so many messages a second from one sender, in this process; fewer when told so."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from math import inf

from shared.clients.window import opens
from shared.errors import TransientError

PATIENCE = 5.0
"""Seconds a message waits in place; one that would wait longer goes back to its queue."""

_MARGIN = 1.05
"""Requests do not keep their distance on the way."""

_PORTIONS = 8
"""A second's messages do not go all at once: what is too fast is noticed before most are sent."""

_LESS = 0.75
"""What is left of a rate that was too fast."""

_MORE = 1.0
"""Messages a second that are added each second while nobody complains."""

_IN_A_ROW = 8
"""Refusals without a success between that are no chance, and not about one conversation."""

_WARY = 30.0
"""Seconds after slowing down in which one refusal says as much."""

_KEPT = 1000
"""Sends that are remembered of a sender without a rate."""


@dataclass
class _Line:
    """Those who wait for one sender. `taken` is the rate it was found to have at `since`.

    Nothing goes before `held`. `refused` counts since the last success.
    """

    slots: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    waiting: int = 0
    order: asyncio.Lock = field(default_factory=asyncio.Lock)
    taken: float = inf
    since: float = 0.0
    held: float = 0.0
    refused: int = 0

    def rate(self, per_second: float, now: float) -> float:
        return min(per_second, self.taken + _MORE * max(0.0, now - self.since))


class SendRate:
    """Sliding windows, one for each sender: a phone number, a bot."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    async def wait(self, sender: str, per_second: float | None) -> None:
        """Return when the next message may go; without a rate at once, unless it was slowed down.

        Raises TransientError for a long wait.
        """
        per_second = inf if per_second is None else per_second
        line, loop = self._line(sender), asyncio.get_running_loop()
        began = loop.time()
        _check(max(0.0, line.held - began) + line.waiting / line.rate(per_second, began))
        line.waiting += 1
        try:
            async with line.order:
                slot = self.reserve(sender, per_second, loop.time())
                while (now := loop.time()) < (at := max(slot, line.held)):
                    _check(at - began)
                    await asyncio.sleep(at - now)
        finally:
            line.waiting -= 1

    def reserve(self, sender: str, per_second: float, now: float) -> float:
        """Take the next slot and return its time."""
        line = self._line(sender)
        slots, rate = line.slots, line.rate(per_second, now)
        slot = max(now, line.held)
        if rate < _KEPT:
            count = max(1, int(rate))
            portion = max(min(count, 4), -(-count // _PORTIONS))
            whole = opens(slots, count, max(1.0, count / rate) * _MARGIN)
            slot = max(slot, whole, opens(slots, portion, portion / rate))
        _check(slot - now)
        slots.append(slot)
        return slot

    def answered(
        self, sender: str, *, throttled: bool, after: float | None = None, whole: bool = False
    ) -> None:
        """What the service said to a message: too fast, or anything else.

        `whole` when it says that the sender is too fast, not one of its conversations. Then, or
        when it looks so, all wait `after` seconds, and fewer go than went in the last second.
        Those that were under way are refused for the same reason, and change nothing more.
        """
        line, now = self._line(sender), asyncio.get_running_loop().time()
        line.refused = line.refused + 1 if throttled else 0
        wary = line.taken < inf and now - line.since < _WARY
        if not throttled or not (whole or wary or line.refused >= _IN_A_ROW):
            return
        if now >= line.held:
            sent = sum(1 for slot in line.slots if now - 1 < slot <= now)
            line.taken = max(1.0, min(line.rate(inf, now), sent) * _LESS)
        line.held = line.since = max(line.held, now + (1.0 if after is None else after))

    def _line(self, sender: str) -> _Line:
        line = self._lines.get(sender)
        if line is None:
            line = self._lines[sender] = _Line()
        return line


def _check(wait: float) -> None:
    if wait > PATIENCE:
        raise TransientError("sending too fast", after=wait)
