"""Opening hours as a manifest writes them: `Mon-Fri 08:00-18:00 Europe/Berlin`."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHAPE = re.compile(
    r"(?P<first>[A-Za-z]{3})(?:-(?P<last>[A-Za-z]{3}))?\s+"
    r"(?P<opens>\d{1,2}:\d{2})-(?P<closes>\d{1,2}:\d{2})(?:\s+(?P<zone>[\w/+-]+))?"
)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Days of the week from 0, Monday, and the time of day; through midnight where it closes
    before it opens."""

    days: frozenset[int]
    opens: time
    closes: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, with what is wrong, for anything else."""
        match = _SHAPE.fullmatch(text.strip())
        if match is None:
            raise ValueError("is not of this form")
        first, last = (
            name.casefold() for name in (match["first"], match["last"] or match["first"])
        )
        if first not in _DAYS or last not in _DAYS:
            raise ValueError("has a day that is none of Mon, Tue, Wed, Thu, Fri, Sat, Sun")
        start, length = _DAYS.index(first), (_DAYS.index(last) - _DAYS.index(first)) % 7
        try:
            opens, closes = _time(match["opens"]), _time(match["closes"])
        except ValueError:
            raise ValueError("has a time that is none") from None
        try:
            zone = ZoneInfo(match["zone"] or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("names a time zone that is none") from None
        return cls(frozenset((start + day) % 7 for day in range(length + 1)), opens, closes, zone)

    def is_open(self, now: float) -> bool:
        """Whether somebody is there at a Unix time."""
        local = datetime.fromtimestamp(now, self.zone)
        at = local.time()
        if self.opens < self.closes:
            return local.weekday() in self.days and self.opens <= at < self.closes
        since_yesterday = (local.weekday() - 1) % 7 in self.days and at < self.closes
        return since_yesterday or (local.weekday() in self.days and at >= self.opens)


def _time(text: str) -> time:
    """`24:00` is the midnight that ends the day."""
    hours, minutes = (int(part) for part in text.split(":"))
    return time(0 if (hours, minutes) == (24, 0) else hours, minutes)
