"""Who waits for a storage queue: the service tells nobody that something came, so we look."""

import asyncio
from math import inf
from time import monotonic

from shared.errors import TransientError
from shared.messaging.embedded.news import News
from shared.messaging.storagequeue.client import QueueAccount
from shared.messaging.storagequeue.dead import Poison
from shared.observability import log
from shared.queues import DEAD_LETTERS

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two looks at the queues: doubled while nothing comes."""


class Watch:
    """Looks at `queues` while somebody waits; what this process announces wakes at once."""

    def __init__(self, account: QueueAccount, poison: Poison) -> None:
        self._account = account
        self._poison = poison
        self._news = News(self._poll)
        self._visible: dict[str, frozenset[tuple[str, int]]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._pause = SHORTEST_PAUSE
        self._look_at = 0.0
        self._due = inf
        self.queues: set[str] = set()
        self.announce = self._news.announce

    def received(self, queue: str) -> None:
        """Somebody looks there for himself."""
        self._news.look()
        self.queues.add(queue)

    def expect(self, seconds: float) -> None:
        """Something becomes visible then."""
        self._due = min(self._due, monotonic() + seconds)

    async def wait(self, seconds: float) -> set[str]:
        return await self._news.wait(seconds)

    async def stop(self) -> None:
        self._news.stop()
        if self._looking is not None:
            await asyncio.gather(self._looking, return_exceptions=True)

    def _poll(self) -> tuple[None, float]:
        """Start a look at the queues when it is time for one."""
        now = monotonic()
        idle = self._looking is None or self._looking.done()
        if idle and now >= min(self._look_at, self._due):
            if now >= self._due:
                self._due, self._pause = inf, SHORTEST_PAUSE
            self._looking = asyncio.create_task(self._look())
        return None, SHORTEST_PAUSE

    async def _look(self) -> None:
        """Announce the queues that show what they did not show at the last look."""
        queues = sorted(self.queues - {DEAD_LETTERS})
        poison = self._poison.queues(queues) if DEAD_LETTERS in self.queues else []
        places = dict.fromkeys(poison, DEAD_LETTERS) | {queue: queue for queue in queues}
        news = set()
        try:
            shown = await asyncio.gather(*map(self._account.peek, places))
            for (place, queue), visible in zip(places.items(), shown, strict=True):
                if visible - self._visible.get(place, frozenset()):
                    news.add(queue)
                self._visible[place] = visible
        except TransientError as error:
            log.warning("queue.look_failed", reason=str(error))
        self._pause = SHORTEST_PAUSE if news else min(2 * self._pause, LONGEST_PAUSE)
        self._look_at = monotonic() + self._pause
        if news:
            self._news.announce(*news)
