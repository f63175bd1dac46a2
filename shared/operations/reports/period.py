"""The time that a report is about."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf

from shared.errors import ConfigurationError

_AGO = re.compile(r"(\d{1,4})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to, not including, `until`, in Unix time."""

    since: float = 0.0
    until: float = inf

    def __contains__(self, at: float) -> bool:
        return self.since <= at < self.until


def period(since: str, until: str, now: float) -> Period:
    """Read two ends, each "" (open), `12h`, `7d`, `4w` ago, or an ISO 8601 date or time in UTC.

    Raises ConfigurationError with what to write.
    """
    found = Period(_moment(since, now, 0.0), _moment(until, now, inf))
    if found.since >= found.until:
        raise ConfigurationError("the time ends before it begins; write a since before the until")
    return found


def _moment(text: str, now: float, default: float) -> float:
    if not text:
        return default
    if ago := _AGO.fullmatch(text):
        return now - timedelta(hours=int(ago[1]) * _HOURS[ago[2]]).total_seconds()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{text[:40]!r} is no time; write 12h, 7d or 4w, or a date such as 2026-11-01"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
