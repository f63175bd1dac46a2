"""Bulkheads: of what a process does at once, one bot and one skill get so much and no more.

A host has few slots for each queue, and all bots share the queue of a skill. What finds its
bot's places taken must not hold such a slot for long: one at a time waits in place while places
fall free quickly, else it goes back and comes again at the bot's pace.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic

from shared.bot import Bot
from shared.errors import Busy
from shared.skill import Skill

PATIENCE = 0.1
"""Seconds that may be waited in place, by what the last turns took."""

COME_AGAIN = 0.5
"""Seconds after which what went back comes again, at the earliest."""


class Bulkheads:
    """The places of this process, made when a bot or a skill first needs one."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], Places] = {}

    def enter(self, bot: Bot, skill: Skill) -> "Entered":
        """Have a place of the bot and one of the skill. Raises Busy when there is none."""
        wanted = [self._of("bot", bot.id, bot.limits.concurrency)]
        if skill.concurrency is not None:
            wanted.append(self._of("skill", skill.name, skill.concurrency))
        return Entered(wanted, bot.limits.turns_per_second)

    def _of(self, kind: str, name: str, limit: int) -> "Places":
        places = self._places.get((kind, name))
        if places is None:
            places = self._places[kind, name] = Places(f"{kind} {name}", limit)
        return places


class Places:
    """`limit` places, and how quickly they fall free while all are taken."""

    def __init__(self, name: str, limit: int) -> None:
        self._name, self._limit = name, limit
        self._taken = 0
        self._waiting: asyncio.Future[None] | None = None
        self._interval = 0.0
        self._since = 0.0
        self._line = 0.0

    async def take(self, per_second: float) -> None:
        """Take a place. Raises Busy, which spreads those who come again to `per_second`."""
        if self._taken < self._limit:
            self._taken += 1
            if self._taken == self._limit:
                self._since = monotonic()
            return
        interval = max(self._interval, monotonic() - self._since)
        if self._waiting or interval > PATIENCE:
            raise self._busy(per_second)
        place = self._waiting = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(place)
        except BaseException as error:
            if place.done():  # it was given in this very moment
                self.free()
            if isinstance(error, TimeoutError):
                raise self._busy(per_second) from None
            raise
        finally:
            if self._waiting is place:
                self._waiting = None

    def free(self) -> None:
        """Give one back: to who waits for it, if anybody does."""
        if self._taken == self._limit:
            now = monotonic()
            self._interval = (self._interval + now - self._since) / 2
            self._since = now
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)
        else:
            self._taken -= 1

    def _busy(self, per_second: float) -> Busy:
        now = monotonic()
        self._line = max(now + COME_AGAIN, self._line + 1 / per_second)
        return Busy(f"{self._name} is at its {self._limit} turns at once", after=self._line - now)


class Entered(AbstractAsyncContextManager[None]):
    """What is done in a place of each."""

    __slots__ = ("_per_second", "_taken", "_wanted")

    def __init__(self, wanted: Sequence[Places], per_second: float) -> None:
        self._wanted, self._per_second = wanted, per_second
        self._taken: list[Places] = []

    async def __aenter__(self) -> None:
        try:
            for places in self._wanted:
                await places.take(self._per_second)
                self._taken.append(places)
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        while self._taken:
            self._taken.pop().free()
