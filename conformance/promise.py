"""One promise by its name, and what was found."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Promise:
    """`of` is what promised it (`skill tickets`); no `broken` means that it holds."""

    of: str
    name: str
    broken: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.broken

    def lines(self) -> list[str]:
        """One line for each way in which it is broken, or one that says that it holds."""
        mark = f"{self.of}: {self.name}"
        return [f"FAIL {mark}: {reason}" for reason in self.broken] or [f"ok   {mark}"]


Check = Callable[[], AsyncIterator[str]]
"""Yields a reason for each way in which the promise is broken."""


async def tried(of: str, checks: Iterable[tuple[str, Check]]) -> list[Promise]:
    """Run every check, in order."""
    found = []
    for name, check in checks:
        reasons = [reason async for reason in check()]
        found.append(Promise(of, name, tuple(dict.fromkeys(reasons))))
    return found


def lines_of_broken(promises: Iterable[Promise]) -> list[str]:
    """The lines of those that do not hold."""
    return [line for promise in promises if not promise.holds for line in promise.lines()]
