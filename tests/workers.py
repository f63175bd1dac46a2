"""What one worker of pytest-xdist runs, when several share the suite."""

from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import services

if TYPE_CHECKING:
    from xdist.remote import Producer

APART = (
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


FIRST = ("tests/chaos/", "tests/e2e/", "tests/faults/", "tests/contract/")
"""What waits for other processes. Begun last, the longest of it would be waited for by itself."""


def in_order(items: list[pytest.Item]) -> None:
    """Put the long ones first, where several workers take from one queue."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


class Scheduler(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a file stay together, for its fixtures; all do that share a real service.

    They go out in their order; xdist would begin with the file that has the most tests.
    """

    def __init__(self, config: pytest.Config, log: "Producer | None") -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        if services.shared():
            return "all"
        return nodeid if nodeid.startswith(APART) else nodeid.partition("::")[0]
