"""A circuit breaker: spares a service that fails, and tries it again with one call."""

from collections.abc import Callable
from time import monotonic
from typing import Literal

from shared.observability import log

FAILURES = 3
"""Failures in a row after which it opens."""

REST = 15.0
"""Seconds an open breaker waits before it lets one call probe."""

MEANWHILE = 1.0
"""Seconds to wait while somebody else's probe is under way."""

_DOUBLINGS = 10


class Breaker:
    """Closed while calls succeed; open for a rest after some failures; then one call probes.

    Each probe that fails doubles the rest, up to `longest` seconds. A failure that says itself
    how long to wait (429 with Retry-After) is no sign of ill health: it rests just so long, and
    is not counted.
    """

    def __init__(
        self,
        name: str,
        *,
        failures: int = FAILURES,
        rest: float = REST,
        longest: float = 0.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._name, self._limit, self._clock = name, failures, clock
        self._rest, self._longest = rest, max(rest, longest)
        self._failures = 0
        self._rests = 0
        self._until = 0.0
        self._probing = False
        self._open_since = 0.0
        self._open_seconds = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._limit

    @property
    def state(self) -> Literal["closed", "open", "half-open"]:
        """`half-open` when the next call probes, or one is at it."""
        if not self.is_open:
            return "closed"
        return "open" if self._clock() < self._until else "half-open"

    def wait(self) -> float:
        """Seconds until a call may be made, 0 for now."""
        left = max(0.0, self._until - self._clock())
        return max(left, MEANWHILE) if self._probing else left

    def admit(self) -> bool:
        """Whether to call now; then tell how it went: succeeded, failed or released."""
        if self.wait():
            return False
        self._probing = self.is_open
        return True

    def succeeded(self) -> None:
        if self.is_open:
            log.info("breaker", name=self._name, state="closed")
            self._open_seconds += self._clock() - self._open_since
        self._failures, self._rests, self._until, self._probing = 0, 0, 0.0, False

    def failed(self, after: float | None = None) -> None:
        """It did not answer; `after` seconds it may."""
        self._probing = False
        now = self._clock()
        if after is not None:
            self._until = max(self._until, now + after)
            return
        self._failures += 1
        if self._failures == self._limit:
            self._open_since = now
        if self.is_open and now >= self._until:  # later, it is a call from before the rest
            rest = min(self._longest, self._rest * 2.0 ** min(self._rests, _DOUBLINGS))
            self._rests += 1
            self._until = now + rest
            log.warning("breaker", name=self._name, state="open", seconds=rest)

    def take_open_seconds(self) -> float:
        """Return how long it was open since this was asked last, until now."""
        if self.is_open:
            now = self._clock()
            self._open_seconds += now - self._open_since
            self._open_since = now
        seconds, self._open_seconds = self._open_seconds, 0.0
        return seconds

    def released(self) -> None:
        """The call was given up for reasons of the caller's own."""
        self._probing = False
