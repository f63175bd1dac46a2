"""How the newest calls of a backend went, for those who look after it."""

from collections import deque
from collections.abc import Callable

REMEMBERED_CALLS = 20
REMEMBERED_SECONDS = 600.0
OFTEN_FAILURES, OFTEN_SHARE = 3, 0.3
"""At least so many failures, and such a share, are worth a word, whatever worked in between."""


class Recent:
    """The outcomes of the newest calls. A breaker forgets a failure with the next success."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: deque[tuple[float, bool]] = deque(maxlen=REMEMBERED_CALLS)

    def add(self, *, failed: bool) -> None:
        self._calls.append((self._clock(), failed))

    def clear(self) -> None:
        self._calls.clear()

    def problem(self) -> str:
        """Return what an operator should know, "" when calls mostly work."""
        oldest = self._clock() - REMEMBERED_SECONDS
        calls = [failed for at, failed in self._calls if at >= oldest]
        failures = sum(calls)
        if failures < OFTEN_FAILURES or failures < OFTEN_SHARE * len(calls):
            return ""
        return f"{failures} of the newest {len(calls)} calls failed"
