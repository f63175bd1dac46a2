"""What can go wrong, where, and who decides it: a plan for one run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Protocol


class Fault(StrEnum):
    """What may happen at a fault point. Times are beyond any lock and lease of the product."""

    CRASH = "crash"
    """The process ends here; nothing after this point runs."""
    STALL = "stall"
    """The process stands still for 45 s, then goes on as if nothing had been."""
    EXPIRE = "locks lost"
    """The broker takes back every message the process holds; the process does not know."""
    DOWN = "down"
    """The call is refused, and nothing was done."""
    LOST = "answer lost"
    """The call was done, and its answer does not arrive."""
    THROTTLE = "429"
    """Too many requests, try again in 2 s."""


EVERYWHERE = (Fault.CRASH, Fault.STALL, Fault.EXPIRE)


@dataclass(frozen=True, slots=True)
class Point:
    """A place between two steps of a process: before or after a call of a port."""

    number: int
    process: str
    name: str
    possible: Sequence[Fault]


class Plan(Protocol):
    """Decides at each point; `None` lets it pass."""

    def choose(self, point: Point) -> Fault | None: ...


@dataclass
class Quiet:
    """No fault at all; `points` remembers where there could have been one."""

    points: list[Point] = field(default_factory=list)

    def choose(self, point: Point) -> Fault | None:
        self.points.append(point)
        return None


@dataclass
class Once:
    """One fault, at the point of that number."""

    number: int
    fault: Fault

    def choose(self, point: Point) -> Fault | None:
        return self.fault if point.number == self.number else None


RATES = {
    Fault.CRASH: 0.012,
    Fault.STALL: 0.003,
    Fault.EXPIRE: 0.008,
    Fault.DOWN: 0.012,
    Fault.LOST: 0.012,
    Fault.THROTTLE: 0.08,
}


@dataclass
class Dice:
    """Faults by chance, some runs with many and some with few.

    At most `budget` of those that cost a delivery: a broker gives a message up after ten, and
    a message that is rightly dead would hide one that is wrongly so.
    """

    rng: Random
    budget: int = 6

    def __post_init__(self) -> None:
        self._weight = self.rng.choice((0.3, 1.0, 3.0))

    def choose(self, point: Point) -> Fault | None:
        draw = self.rng.random() / self._weight
        for fault in point.possible:
            draw -= RATES[fault]
            if draw < 0:
                if fault is not Fault.THROTTLE:
                    if self.budget == 0:
                        return None
                    self.budget -= 1
                return fault
        return None
