"""The limits of a channel, kept by reserving slots."""

from hypothesis import given
from hypothesis import strategies as st

from shared.records.pace import MARGIN, Pace

TEAMS = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))


def test_the_first_messages_go_at_once() -> None:
    pace = Pace()
    assert [pace.reserve(TEAMS, 100.0) for _ in range(7)] == [100.0] * 7


def test_the_eighth_waits_for_its_window() -> None:
    pace = Pace()
    slots = [pace.reserve(TEAMS, 100.0) for _ in range(9)]
    assert slots[7:] == [101.0 + MARGIN, 102.0 + MARGIN]


def test_the_hour_is_limited_too() -> None:
    pace = Pace()
    limits = ((10, 3600.0),)
    slots = [pace.reserve(limits, 0.0) for _ in range(11)]
    assert slots[:10] == [0.0] * 10
    assert slots[10] >= 3600.0


def test_what_is_long_ago_is_forgotten() -> None:
    pace = Pace()
    for n in range(2000):
        pace.reserve(TEAMS, n * 4.0)
    assert len(pace.times) <= 60
    assert len(pace.minutes) <= 62


@given(st.lists(st.floats(0, 5), max_size=150))
def test_no_window_ever_holds_more_than_its_limit(gaps: list[float]) -> None:
    pace, now, slots = Pace(), 1000.0, []
    for gap in gaps:
        now += gap
        slots.append(pace.reserve(TEAMS[:3], now))
    assert slots == sorted(slots)
    for count, seconds in TEAMS[:3]:
        for first, last in zip(slots, slots[count:], strict=False):
            assert last - first >= seconds - 1e-6
