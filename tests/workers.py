"""What one worker of pytest-xdist runs, when several share the suite."""

from xdist.scheduler import LoadScopeScheduling

from tests import services

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


class Scheduler(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a file stay together, for its fixtures; all do that share a real service."""

    def _split_scope(self, nodeid: str) -> str:
        if services.shared():
            return "all"
        return nodeid if nodeid.startswith(APART) else nodeid.partition("::")[0]
