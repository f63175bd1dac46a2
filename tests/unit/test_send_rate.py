"""A steady rate for each sender."""

import asyncio

import pytest

from shared.channels.send_rate import SendRate
from shared.errors import TransientError


def slots(count: int, rate: float) -> list[float]:
    """When each of `count` messages may go that all want to go at 100.0."""
    pace = SendRate()
    return [pace.reserve("number", rate, 100.0) for _ in range(count)]


def busiest_second(times: list[float]) -> int:
    return max(sum(1 for t in times if s <= t < s + 1) for s in times)


@pytest.mark.parametrize(("rate", "expected"), [(80, 80), (30, 30), (2.5, 2), (1, 1)])
def test_no_second_holds_more_than_the_rate(rate: float, expected: int) -> None:
    times = slots(4 * expected, rate)

    assert busiest_second(times) == expected
    assert times[-1] < 100 + 5


def test_it_is_no_slower_than_the_rate() -> None:
    assert slots(81, 80)[-1] == pytest.approx(101, abs=0.1)
    assert slots(3, 0.5)[-1] == pytest.approx(104, abs=0.3)


def test_senders_do_not_wait_for_each_other() -> None:
    pace = SendRate()

    assert {pace.reserve(str(n), 1, 100.0) for n in range(50)} == {100.0}


def test_who_would_wait_long_is_told_when_to_come_back_and_takes_no_slot() -> None:
    pace = SendRate()
    pace.reserve("number", 0.1, 100.0)

    for _ in range(3):
        with pytest.raises(TransientError) as error:
            pace.reserve("number", 0.1, 100.0)
        assert error.value.after == pytest.approx(10.5)
    assert pace.reserve("number", 0.1, 110.5) == 110.5


async def test_a_message_waits_for_its_slot() -> None:
    pace, loop = SendRate(), asyncio.get_running_loop()
    began = loop.time()
    pace.reserve("number", 1, began - 1)

    await pace.wait("number", 1)

    assert loop.time() - began >= 0.04


async def test_without_a_rate_nothing_waits() -> None:
    pace = SendRate()

    for _ in range(1000):
        await pace.wait("number", None)
