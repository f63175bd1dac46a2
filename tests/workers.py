"""What one worker of pytest-xdist runs, when several share the suite."""

from itertools import zip_longest
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import services

if TYPE_CHECKING:
    from xdist.remote import Producer

APART = (
    "tests/chaos/test_drill.py",
    "tests/chaos/test_drill_on_stand_ins.py",
    "tests/chaos/test_simulation.py::test_random_faults_are_survived",
    "tests/contract/test_bus.py",
    "tests/contract/test_topic.py",
    "tests/e2e/test_outages.py",
    "tests/e2e/test_promises.py",
    "tests/e2e/test_same_transcript.py",
    "tests/faults/test_servicebus.py",
    "tests/faults/test_servicebus_dead_letters.py",
    "tests/simulators/test_limits.py",
)
"""Tests that take long and share no fixture with their file: each goes to any worker."""


WAITING = ("tests/chaos/", "tests/e2e/", "tests/faults/", "tests/contract/")
"""What waits for other processes, from the longest to the shortest."""


def scope(nodeid: str) -> str:
    """Name what goes to one worker: a file, for its fixtures; all that share a real service."""
    if services.shared():
        return "all"
    return nodeid if nodeid.startswith(APART) else nodeid.partition("::")[0]


def in_order(items: list[pytest.Item]) -> None:
    """Alternate between what waits and what computes; what takes longest is not begun last."""
    scopes: dict[str, list[pytest.Item]] = {}
    for item in items:
        scopes.setdefault(scope(item.nodeid), []).append(item)
    waiting = [name for room in WAITING for name in scopes if name.startswith(room)]
    computing = [name for name in scopes if not name.startswith(WAITING)]
    names = [name for pair in zip_longest(waiting, computing) for name in pair if name]
    items[:] = [item for name in names for item in scopes[name]]


class Scheduler(LoadScopeScheduling):  # type: ignore[misc]
    """Scopes go out in their order; xdist would begin with the file that has the most tests."""

    def __init__(self, config: pytest.Config, log: "Producer | None") -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)
