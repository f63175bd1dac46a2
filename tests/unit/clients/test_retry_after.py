"""How long another service may make us wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared.clients.http import LONGEST, retry_after, retry_after_ms


@pytest.mark.parametrize(
    "value",
    ["86400", "9" * 21, "9" * 400, format_datetime(datetime.now(UTC) + timedelta(days=900))],
    ids=["a day", "longer than the sun", "no float", "a date"],
)
def test_no_service_holds_a_conversation_for_longer_than_an_hour(value: str) -> None:
    assert retry_after(value) == LONGEST


@pytest.mark.parametrize("value", ["", "soon", "-1", "NaN", "\u00b2"])
def test_what_says_no_time_leaves_the_delay_to_us(value: str) -> None:
    assert retry_after(value) is None


@pytest.mark.parametrize(
    ("value", "seconds"), [("1500", 1.5), ("9" * 21, LONGEST), ("nan", None), ("None", None)]
)
def test_milliseconds_are_held_to_the_same(value: str, seconds: float | None) -> None:
    assert retry_after_ms(value) == seconds


def test_both_forms_are_kept_to() -> None:
    in_a_minute = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=60)))

    assert retry_after("7") == 7.0
    assert retry_after(" 0.5 ") == 0.5
    assert in_a_minute is not None
    assert 50 < in_a_minute <= 60
