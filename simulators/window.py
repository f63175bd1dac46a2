"""How many requests a service takes: sliding windows, and a bucket that refills."""

from collections import deque
from collections.abc import Sequence


class Windows:
    """At most `count` requests within `seconds`, for each pair of `limits`."""

    def __init__(self, limits: Sequence[tuple[int, float]]) -> None:
        self._limits = limits
        self._taken: deque[float] = deque(maxlen=max((n for n, _ in limits), default=1))

    def take(self, now: float) -> float:
        """0 when the request is taken, else the seconds until one would be."""
        taken = self._taken
        wait = 0.0
        for count, seconds in self._limits:
            if len(taken) >= count:
                wait = max(wait, taken[-count] + seconds - now)
        if wait <= 0:
            taken.append(now)
            return 0.0
        return wait


class Bucket:
    """`capacity` requests at once, and one more each `seconds`."""

    def __init__(self, capacity: int, seconds: float) -> None:
        self._capacity = capacity
        self._seconds = seconds
        self._level = float(capacity)
        self._at = 0.0

    def take(self, now: float) -> float:
        """0 when the request is taken, else the seconds until one would be."""
        refill = (now - self._at) / self._seconds if self._at else 0.0
        self._level, self._at = min(self._capacity, self._level + refill), now
        if self._level >= 1:
            self._level -= 1
            return 0.0
        return (1 - self._level) * self._seconds
