"""When the next message of a conversation may go, by the limits of its channel."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.clients.window import opens

_LONG = 60

MARGIN = 0.08
"""Seconds added to a window: messages do not keep their distance on the way."""


@dataclass
class Pace:
    """What was sent lately: exact times of the last `_LONG` seconds, counts a minute before.

    Small enough to live in the conversation's document, so all processes see one truth.
    `minutes` maps a Unix minute to the messages sent in it.
    """

    times: list[float] = field(default_factory=list)
    minutes: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        body = {"times": self.times, "minutes": self.minutes}
        return {name: value for name, value in body.items() if value}

    def reserve(self, limits: Sequence[tuple[int, float]], now: float) -> float:
        """Take the next slot and return its Unix time, `now` or later."""
        slot = max(now, self.times[-1]) if self.times else now
        keep, longest = 1, 0.0
        for count, seconds in limits:
            if seconds <= _LONG:
                slot = max(slot, opens(self.times, count, seconds + MARGIN))
                keep = max(keep, count)
            else:
                slot = max(slot, self._after_long(count, seconds, slot))
                longest = max(longest, seconds)
        horizon = now - _LONG
        self.times = [t for t in [*self.times, slot] if t > horizon][-keep:]
        if longest:
            minute = str(int(slot // 60))
            self.minutes[minute] = self.minutes.get(minute, 0) + 1
            oldest = now - longest
            self.minutes = {m: n for m, n in self.minutes.items() if (int(m) + 1) * 60 > oldest}
        return slot

    def _after_long(self, count: int, seconds: float, slot: float) -> float:
        """The first minute at which fewer than `count` fall into the `seconds` before it."""
        inside = sorted(
            (int(m), n) for m, n in self.minutes.items() if (int(m) + 1) * 60 > slot - seconds
        )
        excess = sum(n for _, n in inside) - count + 1
        for minute, n in inside:
            if excess <= 0:
                break
            slot = (minute + 1) * 60 + seconds
            excess -= n
        return slot
