"""What a skill has room for, and when a budget ends: sums on both sides of the border."""

from datetime import UTC, datetime

import pytest

from shared.governance.batch import tallied
from shared.operations.reports.capacity import CONVERSATIONS_AT_ONCE, forecast, loads
from shared.operations.reports.days import Used
from shared.records.ledger_entry import Done, LedgerEntry

NINE = datetime(2026, 11, 18, 9, tzinfo=UTC).timestamp()


def entries(skill: str, count: int, at: float, seconds: float) -> list[LedgerEntry]:
    return [
        LedgerEntry(
            id=f"ledger:{skill}{at}{number}",
            bot="it",
            skill=skill,
            at=at,
            seconds=seconds,
            done=Done(type="message"),
            partition="it.web.0",
        )
        for number in range(count)
    ]


def test_a_skill_has_its_busiest_hour_and_the_rate_that_it_does_not_keep_up_with() -> None:
    made = [
        *entries("slow", 90, NINE, 4.0),
        *entries("slow", 30, NINE + 3600, 4.0),
        *entries("fast", 100, NINE, 0.1),
    ]
    days = [Used(bot, day, "IT", "", tally) for (bot, day), tally in tallied(made, 2048).items()]

    slow, fast = loads(days)

    assert (slow.skill, slow.deliveries, slow.mean) == ("slow", 120, 60.0)
    assert (slow.busiest, slow.at, slow.service) == (90, "2026-11-18 09:00", 4.0)
    assert slow.utilisation == round(360 / (3600 * CONVERSATIONS_AT_ONCE), 4)
    assert slow.limit == 3600 * CONVERSATIONS_AT_ONCE / 4
    assert fast.limit == 3600 * CONVERSATIONS_AT_ONCE / 0.1


@pytest.mark.parametrize(
    ("share", "expected", "ends"),
    [
        (0.5, 1.0, ""),
        (0.4, 0.8, ""),
        (0.0, 0.0, ""),
        (0.6, 1.2, "2026-11-26"),
        (1.2, 2.4, "2026-11-16"),
    ],
)
def test_a_budget_ends_when_it_goes_on_like_this(share: float, expected: float, ends: str) -> None:
    middle = datetime(2026, 11, 16, tzinfo=UTC).timestamp()
    found = forecast("bot it", "usd", share, middle)
    assert (found.expected, found.ends) == (expected, ends)
