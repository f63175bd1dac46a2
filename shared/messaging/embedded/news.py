"""Wakes the tasks that wait for a change, whichever process made it."""

import asyncio
from collections.abc import Callable, Collection
from weakref import WeakKeyDictionary

POLL_SECONDS = 0.02
"""How soon a change by another process is noticed that cannot ring."""

RUNG_POLL_SECONDS = 0.25
"""How often to look all the same where others ring: for locks of the dead, and for lost rings."""

RINGS_APART_SECONDS = 0.002
"""Two looks that somebody rang for are not closer together."""


class News:
    """Tasks wait for the next announcement; a poll shared by all that wait may make one.

    A task hears of everything announced since its last wait, so nothing falls between two
    waits. News is about the places it names, and about any place when it names none. `poll`
    returns news or None, and in how many seconds to ask again at the latest. `rung` when other
    processes ring (`poll_soon`), so that there is no need to look often.
    """

    def __init__(self, poll: Callable[[], tuple[Collection[str] | None, float]]) -> None:
        self._poll = poll
        self._polled = 0.0
        self.rung = False
        self._number = 0
        self._looked = 0
        self._anywhere = 0
        self._last: dict[str, int] = {}
        self._heard: WeakKeyDictionary[asyncio.Task[object], int] = WeakKeyDictionary()
        self._waiting: set[asyncio.Future[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def announce(self, *places: str) -> None:
        self._number += 1
        if places:
            self._last.update(dict.fromkeys(places, self._number))
        else:
            self._anywhere = self._number
        for future in self._waiting:
            _end(future)

    def look(self) -> None:
        """Somebody looks for himself: a task that never waited has heard all until now."""
        self._looked = self._number

    async def wait(self, seconds: float) -> set[str]:
        """The places named since the last wait; none after `seconds`, or for news of any place."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a coroutine runs in a task
        heard = self._heard.get(task, self._looked)
        if self._number == heard:
            loop = asyncio.get_running_loop()
            if loop is not self._loop:
                self._loop, self._timer = loop, None
                self._waiting.clear()
            future = loop.create_future()
            self._waiting.add(future)
            if self._timer is None:
                self._tick()
            ending = loop.call_later(seconds, _end, future)
            try:
                await future
            finally:
                ending.cancel()
                self._waiting.discard(future)
        self._heard[task] = self._number
        if self._anywhere > heard:
            return set()
        return {place for place, number in self._last.items() if number > heard}

    def poll_soon(self) -> None:
        """Somebody rang: look now, if anybody waits for news."""
        if self._timer is None or self._loop is None:
            return
        soon = self._polled + RINGS_APART_SECONDS
        if self._timer.when() > soon:
            self._timer.cancel()
            self._timer = self._loop.call_at(soon, self._tick)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        if not self._waiting or self._loop is None:
            return
        self._polled = self._loop.time()
        news, seconds = self._poll()
        if news is not None:
            self.announce(*news)
        pause = max(POLL_SECONDS, RUNG_POLL_SECONDS) if self.rung else POLL_SECONDS
        self._timer = self._loop.call_later(max(0.0, min(pause, seconds)), self._tick)


def _end(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
