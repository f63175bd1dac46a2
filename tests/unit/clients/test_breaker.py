"""A breaker opens after failures in a row, rests, lets one call probe, and closes."""

import pytest

from shared.clients.breaker import MEANWHILE, Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("crm", failures=3, rest=10, longest=40, clock=clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.admit()
        breaker.failed()


def test_it_opens_after_failures_in_a_row(breaker: Breaker) -> None:
    fail(breaker, 2)
    assert breaker.admit()
    breaker.succeeded()
    fail(breaker, 2)
    assert not breaker.is_open
    fail(breaker, 1)
    assert breaker.state == "open"
    assert not breaker.admit()
    assert breaker.wait() == 10


def test_after_the_rest_one_call_probes_and_closes_it(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now += 10
    assert [breaker.state, breaker.admit()] == ["half-open", True]
    assert not breaker.admit()
    assert breaker.wait() == MEANWHILE
    breaker.succeeded()
    assert breaker.state == "closed"
    assert breaker.admit()


def test_it_tells_once_how_long_it_was_open(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now += 10
    assert breaker.take_open_seconds() == 10
    assert breaker.take_open_seconds() == 0

    clock.now += 1
    assert breaker.admit()
    breaker.succeeded()
    clock.now += 100

    assert breaker.take_open_seconds() == 1
    assert breaker.take_open_seconds() == 0


def test_each_probe_that_fails_doubles_the_rest(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    rests = []
    for _ in range(4):
        rests.append(breaker.wait())
        clock.now += breaker.wait()
        fail(breaker, 1)
    assert rests == [10, 20, 40, 40]


def test_it_begins_anew_after_it_has_closed(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now += 10
    fail(breaker, 1)
    clock.now += 20
    assert breaker.admit()
    breaker.succeeded()
    fail(breaker, 3)
    assert breaker.wait() == 10


def test_a_call_from_before_the_rest_prolongs_nothing(breaker: Breaker, clock: Clock) -> None:
    under_way = [breaker.admit() for _ in range(5)]
    assert all(under_way)
    for _ in under_way:
        breaker.failed()
    assert breaker.wait() == 10
    clock.now += 10
    fail(breaker, 1)
    assert breaker.wait() == 20


def test_a_failure_that_names_its_wait_is_not_counted(breaker: Breaker, clock: Clock) -> None:
    for _ in range(5):
        assert breaker.admit()
        breaker.failed(7)
        assert breaker.wait() == 7
        clock.now += 7
    assert breaker.state == "closed"


def test_a_probe_that_is_given_up_leaves_the_place_to_the_next(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker, 3)
    clock.now += 10
    assert breaker.admit()
    breaker.released()
    assert breaker.admit()


def test_a_long_outage_does_not_overflow(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    for _ in range(2000):
        clock.now += 40
        fail(breaker, 1)
    assert breaker.wait() == 40
