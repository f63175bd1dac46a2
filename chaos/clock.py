"""Virtual time: an event loop that jumps over every pause, and the product's clocks to match."""

import asyncio
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any, Self

EPOCH = 1_800_000_000.0
"""The Unix time at which every simulation begins."""


class Clock:
    """Seconds since the start; they pass only while nothing is ready to run."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return EPOCH + self.now

    def time_ns(self) -> int:
        return round(self.time() * 1e9)


class Idle(Exception):
    """Every task waits for another: nothing would ever happen again."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks in the order they were made; with none ready, it is the next one's time.

    It has no sockets, signals or threads, so a run depends on its inputs alone.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._virtual = clock
        self._selector = self

    def time(self) -> float:
        return self._virtual.now

    def select(self, timeout: float | None) -> list[Any]:
        """Where the base class waits for the world: `timeout` is None when nothing is due."""
        if timeout is None:
            raise Idle
        self._virtual.now += max(0.0, timeout)
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""


@contextmanager
def virtual_time(clock: Clock, rng: random.Random) -> Iterator[None]:
    """Inside, the modules of `shared` tell the time by `clock` and draw lots from `rng`.

    They import these by name (`from time import time`), so each module's name is replaced, and
    put back at the end. Modules imported inside keep the real ones: import them before.
    """

    class VirtualDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(clock.time(), tz)

    stand_ins = {
        id(time.time): clock.time,
        id(time.time_ns): clock.time_ns,
        id(time.monotonic): clock.monotonic,
        id(datetime): VirtualDatetime,
        id(random.random): rng.random,
        id(random.getrandbits): rng.getrandbits,
    }
    replaced: list[tuple[Any, str, Any]] = []
    for name, module in list(sys.modules.items()):
        if name.startswith("shared."):
            for attribute, value in list(vars(module).items()):
                if (stand_in := stand_ins.get(id(value))) is not None:
                    replaced.append((module, attribute, value))
                    setattr(module, attribute, stand_in)
    try:
        yield
    finally:
        for module, attribute, value in replaced:
            setattr(module, attribute, value)
