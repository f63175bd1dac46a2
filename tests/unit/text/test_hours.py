"""Opening hours, as a manifest writes them, at moments on both sides of their edges."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from shared.text.hours import OpeningHours


def at(moment: str, zone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("hours", "moment", "open_"),
    [
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-27T08:00", True),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-27T07:59", False),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-27T18:00", False),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-28T12:00", False),
        ("mon-fri 8:00-18:00 Europe/Berlin", "2026-07-01T17:59", True),
        ("Sat-Mon 09:00-12:00 Europe/Berlin", "2026-11-30T09:00", True),
        ("Sat-Mon 09:00-12:00 Europe/Berlin", "2026-12-01T09:00", False),
        ("Sat 22:00-02:00 Europe/Berlin", "2026-11-29T01:59", True),
        ("Sat 22:00-02:00 Europe/Berlin", "2026-11-28T01:59", False),
        ("Mon-Sun 00:00-24:00", "2026-11-29T23:59", True),
        ("Mon-Fri 00:00-24:00 Europe/Berlin", "2026-11-28T00:00", False),
    ],
)
def test_somebody_is_there_within_the_hours_only(hours: str, moment: str, open_: bool) -> None:
    assert OpeningHours.parse(hours).is_open(at(moment)) is open_


@pytest.mark.parametrize("text", ["", "always", "Mon-Fri", "Mon 08:60-09:00", "Mon 25:00-26:00"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"form|time"):
        OpeningHours.parse(text)


@pytest.mark.parametrize(
    ("hours", "moment", "opening"),
    [
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-29T12:00", "2026-11-30T08:00"),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-27T18:00", "2026-11-30T08:00"),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-27T07:00", "2026-11-27T08:00"),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-27T09:00", "2026-11-27T09:00"),
        ("Sat 22:00-02:00 Europe/Berlin", "2026-11-29T02:00", "2026-12-05T22:00"),
    ],
)
def test_the_next_opening_is_on_one_of_the_days(hours: str, moment: str, opening: str) -> None:
    assert OpeningHours.parse(hours).next_opening(at(moment)) == at(opening)
