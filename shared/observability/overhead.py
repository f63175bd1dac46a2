"""What this process uses that is no turn: requests, timers, deliveries of the platform, its log.

Counted in memory as it happens, and taken once a minute by who writes it down; what a process that
is killed has counted since then is not in the figures.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import monotonic

TAKEN_EVERY_SECONDS = 60.0


@dataclass(slots=True)
class Overhead:
    """So many executions that took so long, deliveries of the bus, and bytes of the log."""

    executions: int = 0
    milliseconds: int = 0
    deliveries: int = 0
    log_bytes: int = 0


@dataclass(slots=True)
class _Process:
    overhead: Overhead = field(default_factory=Overhead)
    taken: float = field(default_factory=monotonic)


_here = _Process()


class execution(AbstractContextManager[None]):
    """Count one execution, with its `deliveries` of the bus, and how long it takes."""

    __slots__ = ("_began", "_deliveries")

    def __init__(self, *, deliveries: int = 0) -> None:
        self._deliveries = deliveries

    def __enter__(self) -> None:
        self._began = monotonic()

    def __exit__(self, *_: object) -> None:
        overhead = _here.overhead
        overhead.executions += 1
        overhead.milliseconds += round((monotonic() - self._began) * 1000)
        overhead.deliveries += self._deliveries


def logged(count: int) -> None:
    """Count the bytes of a line of the log."""
    _here.overhead.log_bytes += count


def is_due() -> bool:
    """Tell whether it is time to write down what was counted."""
    return monotonic() - _here.taken > TAKEN_EVERY_SECONDS


def take() -> Overhead:
    """Return what was counted since the last time, and begin anew."""
    found, _here.overhead, _here.taken = _here.overhead, Overhead(), monotonic()
    return found
