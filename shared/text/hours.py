"""Opening hours as a manifest writes them: `Mon-Fri 08:00-18:00 Europe/Berlin`."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHAPE = (
    r"(?P<first>[A-Za-z]{3})(?:-(?P<last>[A-Za-z]{3}))?\s+"
    r"(?P<opens>\d{1,2}:\d{2})-(?P<closes>\d{1,2}:\d{2})(?:\s+(?P<zone>[\w/+-]+))?"
)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The first and the last day of the week, from 0, Monday, and the time of day; through
    midnight where it closes before it opens."""

    first: int
    last: int
    opens: time
    closes: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, with what is wrong, for anything else."""
        match = re.fullmatch(_SHAPE, text.strip())
        if match is None:
            raise ValueError("is not of this form")
        first, last = (
            name.casefold() for name in (match["first"], match["last"] or match["first"])
        )
        if first not in _DAYS or last not in _DAYS:
            raise ValueError("has a day that is none of Mon, Tue, Wed, Thu, Fri, Sat, Sun")
        try:
            opens, closes = _time(match["opens"]), _time(match["closes"])
        except ValueError:
            raise ValueError("has a time that is none") from None
        try:
            zone = ZoneInfo(match["zone"] or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("names a time zone that is none") from None
        return cls(_DAYS.index(first), _DAYS.index(last), opens, closes, zone)

    def is_open(self, now: float) -> bool:
        """Whether somebody is there at a Unix time."""
        local = datetime.fromtimestamp(now, self.zone)
        at = local.time()
        if self.opens < self.closes:
            return self._is_on(local.weekday()) and self.opens <= at < self.closes
        since_yesterday = self._is_on((local.weekday() - 1) % 7) and at < self.closes
        return since_yesterday or (self._is_on(local.weekday()) and at >= self.opens)

    def next_opening(self, now: float) -> float:
        """The Unix time from which somebody is there next; `now` while somebody is."""
        if self.is_open(now):
            return now
        today = datetime.fromtimestamp(now, self.zone).date()
        for ahead in range(8):
            day = today + timedelta(days=ahead)
            opening = datetime.combine(day, self.opens, self.zone).timestamp()
            if self._is_on(day.weekday()) and opening > now:
                return opening
        raise AssertionError("a week has one of its days")

    def _is_on(self, weekday: int) -> bool:
        return (weekday - self.first) % 7 <= (self.last - self.first) % 7


def _time(text: str) -> time:
    """`24:00` is the midnight that ends the day."""
    hours, minutes = (int(part) for part in text.split(":"))
    return time(0 if (hours, minutes) == (24, 0) else hours, minutes)
