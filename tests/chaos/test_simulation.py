"""Faults at every point of the way of a message, in virtual time: the promises hold."""

import pytest

from chaos.faults import Fault
from chaos.simulation import Outcome, exhaustive, seeded

SEEDS = [range(first, first + 250) for first in range(0, 2_000, 250)]
"""As `botfabric chaos --seed 0 --seeds 2000`, in parts for workers that run at once."""


@pytest.fixture(scope="module")
def chain() -> list[Outcome]:
    """The three-hop chain, once for each fault at each point."""
    return list(exhaustive())


def broken(outcomes: list[Outcome]) -> list[str]:
    return [f"{o.label}: {violation}" for o in outcomes for violation in o.violations]


def test_every_fault_at_every_point_of_a_chain_is_survived(chain: list[Outcome]) -> None:
    assert broken(chain) == []
    assert all(outcome.books["done"] == 2 for outcome in chain)


def test_every_step_of_the_way_has_its_points(chain: list[Outcome]) -> None:
    """The names that a reader of the design looks for, each with a crash."""
    crashes = " ".join(o.label for o in chain if o.label.startswith(Fault.CRASH))
    for step in (
        *("before note", "after note", "before enqueue skill-front", "before acknowledge"),
        *("before receive skill-front", "before commit", "after commit"),
        *("after enqueue skill-clerk", "after enqueue events", "after enqueue skill-teller"),
        *("before send", "after send", "before record", "after record"),
        *("before settle skill-front", "before settle skill-teller", "before settle events"),
    ):
        assert step in crashes, step


def test_a_crash_after_the_send_is_repeated_and_counted(chain: list[Outcome]) -> None:
    crashes = [o for o in chain if o.label.startswith("crash") and o.label.endswith("after send")]
    assert crashes
    assert all(outcome.repeated == 1 <= outcome.books["repeated"] for outcome in crashes)


def test_nothing_is_repeated_without_a_fault_that_explains_it(chain: list[Outcome]) -> None:
    quiet = next(outcome for outcome in chain if outcome.label == "no fault")
    assert (quiet.repeated, quiet.books["repeated"]) == (0, 0)
    refused = [outcome for outcome in chain if outcome.label.startswith(Fault.THROTTLE)]
    assert refused
    assert {outcome.repeated for outcome in refused} == {0}


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_random_faults_are_survived(seeds: range) -> None:
    outcomes = [seeded(seed) for seed in seeds]
    assert broken(outcomes) == []
    assert sum(outcome.faults for outcome in outcomes) > 2 * len(outcomes)
    assert sum(outcome.books["dead"] for outcome in outcomes) > 0


def test_a_seed_is_the_same_run_again() -> None:
    first, second = seeded(7), seeded(7)
    assert first.timeline
    assert (first.timeline, first.points, first.seconds) == (
        second.timeline,
        second.points,
        second.seconds,
    )
    assert seeded(8).timeline != first.timeline
