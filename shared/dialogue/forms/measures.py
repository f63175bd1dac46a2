"""The kinds of answers that are measured: a day, a time, a number."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from shared.dialogue.forms import calendar, clock
from shared.dialogue.forms.numerals import ARTICLES, NUMBER, NUMERALS, numeral
from shared.dialogue.forms.reading import (
    Answer,
    Between,
    Found,
    JsonValue,
    Locale,
    Reading,
    Refused,
    folded,
)
from shared.turn import Button

OFFERED_DAYS = 5


@dataclass(frozen=True, slots=True)
class Date:
    """A day, kept as `2026-12-04`. `soonest` and `latest` are days from today."""

    soonest: int | None = 0
    latest: int | None = None
    weekdays_only: bool = False
    hint: str = "form.hint-date"

    def read(self, text: str, locale: Locale) -> Reading:
        found = next(iter(calendar.days(text, locale)), None)
        return self._checked(found.days, locale) if found else Refused("")

    def spot(self, said: str, locale: Locale) -> Found | None:
        day = next(calendar.days(said, locale), None)
        return Found(self._checked(day.days, locale), day.start, day.end) if day else None

    def shown(self, value: JsonValue, language: str) -> str:
        return calendar.shown(date.fromisoformat(str(value)), language)

    def names(self, language: str) -> Mapping[str, object]:
        return {}

    def offers(self, locale: Locale) -> Sequence[Button]:
        return [self.button(day.isoformat(), locale.language) for day in self._next_days(locale)]

    def button(self, value: str, language: str) -> Button:
        return Button(self.shown(value, language), value)

    def element(self, language: str) -> dict[str, Any]:
        return {"type": "Input.Date"}

    def _next_days(self, locale: Locale) -> list[date]:
        first = locale.today + timedelta(days=self.soonest or 0)
        days = (first + timedelta(days=ahead) for ahead in range(14))
        fit = [day for day in days if isinstance(self._checked([day], locale), Answer)]
        return fit[:OFFERED_DAYS]

    def _checked(self, days: Sequence[date], locale: Locale) -> Reading:
        """Of two days that it may be the one that is possible, if only one is."""
        wrong = [self._wrong(day, locale) for day in days]
        fit = [day.isoformat() for day, reason in zip(days, wrong, strict=True) if reason is None]
        if len(fit) == 1:
            return Answer(fit[0])
        return Between(fit) if fit else (wrong[0] or Refused(""))

    def _wrong(self, day: date, locale: Locale) -> Refused | None:
        named = {"day": calendar.shown(day, locale.language)}
        ahead = (day - locale.today).days
        if self.soonest is not None and ahead < self.soonest:
            return Refused("form.too-soon", named)
        if self.latest is not None and ahead > self.latest:
            last = calendar.shown(locale.today + timedelta(days=self.latest), locale.language)
            return Refused("form.too-late", {**named, "last": last})
        if self.weekdays_only and day.weekday() > 4:
            return Refused("form.weekend", named)
        return None


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day, kept as `09:30`, from `earliest` to `latest`, in steps of `minutes`."""

    earliest: str = "00:00"
    latest: str = "23:59"
    minutes: int = 1
    hint: str = "form.hint-time"

    def read(self, text: str, locale: Locale) -> Reading:
        if found := clock.whole(text):
            return self._checked(found.times)
        sure = [moment for moment in clock.moments(text) if not moment.plain]
        if not sure:
            sure = list(clock.moments(text))
        return self._checked(sure[0].times) if len(sure) == 1 else Refused("")

    def spot(self, said: str, locale: Locale) -> Found | None:
        named = (moment for moment in clock.moments(said) if not moment.plain)
        moment = next(named, None)
        return Found(self._checked(moment.times), moment.start, moment.end) if moment else None

    def shown(self, value: JsonValue, language: str) -> str:
        return str(value)

    def names(self, language: str) -> Mapping[str, object]:
        return {"earliest": self.earliest, "latest": self.latest}

    def offers(self, locale: Locale) -> Sequence[Button]:
        first, last = time.fromisoformat(self.earliest).hour, time.fromisoformat(self.latest).hour
        times = [f"{hour:02}:00" for hour in range(first, last + 1)]
        fit = [at for at in times if self.earliest <= at <= self.latest]
        return [Button(at) for at in fit[:: max(1, -(-len(fit) // 6))]]

    def element(self, language: str) -> dict[str, Any]:
        return {"type": "Input.Time", "min": self.earliest, "max": self.latest}

    def _checked(self, times: Sequence[time]) -> Reading:
        """The one within the hours: "5" is 17:00 where nothing opens before 8."""
        written = [f"{at:%H:%M}" for at in times]
        fit = [at for at in written if self.earliest <= at <= self.latest]
        if not fit:
            return Refused("form.out-of-hours", self.names(""))
        minute = int(fit[0][3:])
        if minute % self.minutes:
            return Refused("form.steps", {"minutes": self.minutes})
        return Answer(fit[0])


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `least` to `most`; `units` are the words that make it one in a sentence."""

    least: float | None = None
    most: float | None = None
    whole: bool = True
    units: Sequence[str] = ()
    hint: str = "form.hint-number"

    def read(self, text: str, locale: Locale) -> Reading:
        said = folded(text).strip(" .!")
        value = numeral(said, decimal_comma=locale.decimal_comma)
        if value is None:
            words = "|".join(sorted(NUMERALS.keys() - ARTICLES, key=len, reverse=True))
            found = re.findall(rf"(?<![\w.,-])(?:{NUMBER}|(?:{words})\b)(?!\w)", said)
            if len(found) != 1:
                return Refused("")
            value = numeral(found[0], decimal_comma=locale.decimal_comma)
        return Refused("") if value is None else self._checked(value)

    def spot(self, said: str, locale: Locale) -> Found | None:
        if not self.units:
            return None
        units = "|".join(re.escape(folded(unit)) for unit in self.units)
        words = "|".join(sorted(NUMERALS, key=len, reverse=True))
        match = re.search(rf"(?<![\w.,])({NUMBER}|(?:{words}))\s*(?:{units})\b", said)
        value = numeral(match[1], decimal_comma=locale.decimal_comma) if match else None
        if match is None or value is None:
            return None
        return Found(self._checked(value), match.start(), match.end())

    def shown(self, value: JsonValue, language: str) -> str:
        return f"{value}".replace(".", "," if language != "en" else ".")

    def names(self, language: str) -> Mapping[str, object]:
        return {"least": _plain(self.least), "most": _plain(self.most)}

    def offers(self, locale: Locale) -> Sequence[Button]:
        if self.least is None or self.most is None or self.most - self.least > 9:
            return ()
        return [Button(str(number)) for number in range(int(self.least), int(self.most) + 1)]

    def element(self, language: str) -> dict[str, Any]:
        limits = {"min": self.least, "max": self.most}
        return {"type": "Input.Number", **{k: v for k, v in limits.items() if v is not None}}

    def _checked(self, value: float) -> Reading:
        if self.whole and value != int(value):
            return Refused("form.whole")
        if self.least is not None and value < self.least:
            return Refused("form.too-few", {"least": _plain(self.least)})
        if self.most is not None and value > self.most:
            return Refused("form.too-many", {"most": _plain(self.most)})
        return Answer(int(value) if value == int(value) else value)


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
