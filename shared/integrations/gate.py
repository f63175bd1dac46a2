"""How many calls go to a backend at once, and how many a second, from this process."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import uniform

from shared.clients.window import opens
from shared.errors import Unavailable

PATIENCE = 3.0
"""Seconds a call waits in place; one that would wait longer goes back to its queue."""

_MARGIN = 1.05
"""Requests do not keep their distance on the way."""


class Gate:
    """Places for `concurrency` calls, and `per_second` starts in a sliding window."""

    def __init__(self, name: str, *, concurrency: int, per_second: float | None) -> None:
        self._name, self._concurrency, self._per_second = name, concurrency, per_second
        self._places = asyncio.Semaphore(concurrency)
        self._count = max(1, int(per_second or 1))
        self._starts: deque[float] = deque(maxlen=self._count)

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """A place, at its time. Raises Unavailable when that would take too long."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable(
                f"{self._name} is busy with {self._concurrency} calls of ours",
                after=uniform(1.0, 3.0),
            ) from None
        try:
            await self._turn()
            yield
        finally:
            self._places.release()

    async def _turn(self) -> None:
        if self._per_second is None:
            return
        now, seconds = asyncio.get_running_loop().time(), self._count / self._per_second
        start = max(now, opens(self._starts, self._count, seconds * _MARGIN))
        if start - now > PATIENCE:
            raise Unavailable(
                f"more calls to {self._name} than its requests_per_second",
                after=(start - now) * uniform(1.0, 3.0),
            )
        self._starts.append(start)
        if start > now:
            await asyncio.sleep(start - now)
