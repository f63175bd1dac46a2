"""How long to wait before the next try."""

import pytest

from shared.errors import TransientError


def test_without_a_wish_the_delay_doubles_up_to_five_minutes() -> None:
    delays = [TransientError().delay(failures) for failures in (0, 1, 2, 8, 9, 10_000)]
    assert delays == [1, 2, 4, 256, 300, 300]


def test_a_wish_is_kept() -> None:
    assert TransientError(after=60).delay(3) == 60


@pytest.mark.parametrize("failures", [0, 5, 10_000])
def test_a_wish_for_at_once_is_no_hot_loop(failures: int) -> None:
    assert 0.05 <= TransientError(after=0).delay(failures) <= 5
