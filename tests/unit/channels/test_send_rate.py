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


# --- when the service finds it too fast ----------------------------------------------------------


def send(pace: SendRate, count: int, *, ago: float, rate: float = 80) -> float:
    """`count` messages went, the first `ago` seconds ago; returns the time now."""
    now = asyncio.get_running_loop().time()
    for n in range(count):
        pace.reserve("number", rate, now - ago + n * 0.001)
    return now


def next_second(pace: SendRate, now: float, rate: float = 80) -> int:
    """How many may go in the second after the first that may go at all."""
    times = [pace.reserve("number", rate, now) for _ in range(30)]
    return sum(1 for t in times if t < times[0] + 1)


async def test_everybody_waits_for_a_number_that_is_too_fast() -> None:
    pace = SendRate()
    now = send(pace, 10, ago=0.5)

    pace.answered("number", throttled=True, after=3, whole=True)

    assert pace.reserve("number", 80, now) == pytest.approx(now + 3, abs=0.1)
    assert pace.reserve("other", 80, now) == now


async def test_a_long_wait_is_not_waited_in_place() -> None:
    pace = SendRate()
    send(pace, 1, ago=0.5)
    pace.answered("number", throttled=True, after=60, whole=True)

    for rate in (80, None):
        with pytest.raises(TransientError) as error:
            await pace.wait("number", rate)
        assert error.value.after == pytest.approx(60, abs=1)


async def test_afterwards_fewer_go_than_went_before() -> None:
    pace = SendRate()
    now = send(pace, 20, ago=0.5)

    for _ in range(10):  # those that were under way
        pace.answered("number", throttled=True, after=1, whole=True)

    assert next_second(pace, now) == 15


async def test_it_gets_faster_again_while_nobody_complains() -> None:
    pace = SendRate()
    now = send(pace, 20, ago=0.5)
    pace.answered("number", throttled=True, after=0, whole=True)
    pace.answered("number", throttled=False)

    assert next_second(pace, now + 10.5) == 25


async def test_eight_refusals_in_a_row_are_about_all_conversations() -> None:
    pace = SendRate()
    now = send(pace, 20, ago=0.5)

    for _ in range(7):
        pace.answered("number", throttled=True, after=2)
    pace.answered("number", throttled=False)
    for _ in range(7):
        pace.answered("number", throttled=True, after=2)
    assert pace.reserve("number", 80, now) == now
    pace.answered("number", throttled=True, after=2)

    assert pace.reserve("number", 80, now) == pytest.approx(now + 2, abs=0.1)


async def test_once_slowed_down_one_refusal_is_enough() -> None:
    pace = SendRate()
    now = send(pace, 20, ago=0.5)
    for _ in range(8):
        pace.answered("number", throttled=True, after=0)
    pace.answered("number", throttled=False)
    pace.answered("number", throttled=True, after=2)

    assert pace.reserve("number", 80, now) == pytest.approx(now + 2, abs=0.1)
