"""What begins only when a turn takes long: a sign or a word for who waits."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any


class Meanwhile(AbstractAsyncContextManager[None]):
    """While the block runs longer than `after` seconds, do `work` once; it is told of its block.

    What has begun when the block ends is waited for, `patience` seconds at most.
    """

    __slots__ = ("_after", "_begun", "_patience", "_timer", "_work", "is_over")

    def __init__(
        self,
        after: float,
        work: Callable[["Meanwhile"], Coroutine[Any, Any, None]],
        *,
        patience: float,
    ) -> None:
        self.is_over = False
        self._after, self._work, self._patience = after, work, patience
        self._begun: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        if self._after <= 0:
            self._begin()
        else:
            self._timer = asyncio.get_running_loop().call_later(self._after, self._begin)

    async def __aexit__(self, *_: object) -> None:
        self.is_over = True
        if self._timer:
            self._timer.cancel()
        if self._begun:
            await asyncio.wait([self._begun], timeout=self._patience)
            self._begun.cancel()

    def _begin(self) -> None:
        self._begun = asyncio.create_task(self._work(self))
