"""Something that is done now and then for as long as a client is open."""

import asyncio
from collections.abc import Awaitable, Callable


class Repeat:
    """Awaits `work` again and again; it returns the seconds until the next time."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Callable[[], Awaitable[float]],
        *,
        first: float = 1.0,
    ) -> None:
        self.loop = loop
        self._work = work
        self._task: asyncio.Task[None] | None = None
        self._timer = loop.call_later(first, self._begin)

    def stop(self) -> None:
        self._timer.cancel()
        if self._task is not None and not self.loop.is_closed():
            self._task.cancel()

    def _begin(self) -> None:
        self._task = self.loop.create_task(self._run())

    async def _run(self) -> None:
        seconds = await self._work()
        self._task = None
        self._timer = self.loop.call_later(seconds, self._begin)
