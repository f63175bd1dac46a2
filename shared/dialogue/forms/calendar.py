"""Days as people write them: `03/04`, `3.4.`, `next Friday`, `in zwei Wochen`, `4 de mayo`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from shared.dialogue.forms.numerals import NUMERALS, numeral
from shared.dialogue.forms.reading import Locale, folded

WEEKDAYS = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "de": "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
}
MONTHS = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
_SHORT_MONTHS = {"en": {"sept": 9}, "de": {"jan": 1, "sept": 9}, "fr": {"fevr": 2, "juil": 7}}

RELATIVE = {
    0: "today tonight heute aujourd'hui hoy hoje oggi vandaag",
    1: "tomorrow morgen demain mañana amanhã domani",
    2: "übermorgen overmorgen après-demain dopodomani",
}
_PHRASES = (
    (r"day after tomorrow|pasado manana|depois de amanha", 2),
    (r"a week (?:from )?today|heute in einer woche", 7),
)
_DAYS = r"days?|tage?n?|jours?|dias?|giorni?|dagen|dag"
_WEEKS = r"weeks?|wochen?|semaines?|semanas?|settiman[ae]|weken|week"
_IN = r"in|within|dans|en|dentro de|daqui a|em|fra|over"
_ONES = "|".join(sorted(map(re.escape, NUMERALS), key=len, reverse=True))
_AFTER = rf"\b(?:{_IN})\s+(\d{{1,3}}|{_ONES})\s+(?:({_WEEKS})|({_DAYS}))\b"
_ISO = r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b"
_SLASHED = r"(?<![\d/])(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?(?![\d/])"
_DOTTED = r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4}|\d{2})\b)?(?!\d)"
_DASHED = r"(?<![\d-])(\d{1,2})-(\d{1,2})-(\d{4})(?![\d-])"


@dataclass(frozen=True, slots=True)
class Day:
    """One day, or the days that it may be, and where the text names it."""

    days: Sequence[date]
    start: int
    end: int


def days(text: str, locale: Locale) -> Iterator[Day]:
    """Yield the days that a text names, in order; of a past day without a year the next one."""
    said = folded(text)
    found = sorted(_found(said, locale), key=lambda day: (day.start, day.start - day.end))
    end = -1
    for day in found:
        if day.start >= end:
            yield day
            end = day.end


def shown(day: date, language: str) -> str:
    """The day as one writes it: `Friday, 4 December 2026`."""
    weekday = WEEKDAYS[language].split()[day.weekday()]
    month = MONTHS[language].split()[day.month - 1]
    match language:
        case "de":
            return f"{weekday.capitalize()}, {day.day}. {month.capitalize()} {day.year}"
        case "en":
            return f"{weekday.capitalize()}, {day.day} {month.capitalize()} {day.year}"
        case "es" | "pt":
            return f"{weekday}, {day.day} de {month} de {day.year}"
    return f"{weekday} {day.day} {month} {day.year}"


def _found(said: str, locale: Locale) -> Iterator[Day]:
    for match in re.finditer(_ISO, said):
        yield from _day(match, [_date(*map(int, match.groups()))])
    for match in re.finditer(_DOTTED, said):
        yield from _day(match, [_upcoming(int(match[1]), int(match[2]), match[3], locale)])
    for match in re.finditer(_DASHED, said):
        yield from _day(match, [_upcoming(int(match[1]), int(match[2]), match[3], locale)])
    for match in re.finditer(_SLASHED, said):
        yield from _day(match, _either(match, locale))
    yield from _named_months(said, locale)
    yield from _relative(said, locale)
    for match in _weekday().finditer(said):
        ahead = (_weekday_number(match["day"]) - locale.today.weekday() - 1) % 7 + 1
        yield from _day(match, [locale.today + timedelta(days=ahead)])


def _relative(said: str, locale: Locale) -> Iterator[Day]:
    for pattern, ahead in _PHRASES:
        for match in re.finditer(pattern, said):
            yield from _day(match, [locale.today + timedelta(days=ahead)])
    for ahead, words in RELATIVE.items():
        for word in words.split():
            for match in re.finditer(rf"(?<![\w-]){re.escape(folded(word))}(?![\w-])", said):
                yield from _day(match, [locale.today + timedelta(days=ahead)])
    for match in re.finditer(_AFTER, said):
        number = int(numeral(match[1]) or 0)
        yield from _day(match, [locale.today + timedelta(days=number * (7 if match[2] else 1))])


def _named_months(said: str, locale: Locale) -> Iterator[Day]:
    """`4 Dec`, `4. Dezember 2026`, `4 de mayo de 2026`, `December 4th, 2026`."""
    names = _months()
    name = "|".join(sorted(names, key=len, reverse=True))
    year = r"(?:,?\s+(?:de\s+)?(\d{4}))?"
    first = rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?\s+(?:of\s+|de\s+)?({name})\b\.?{year}"
    second = rf"\b({name})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d){year}"
    for match in re.finditer(first, said):
        yield from _day(match, [_upcoming(int(match[1]), names[match[2]], match[3], locale)])
    for match in re.finditer(second, said):
        yield from _day(match, [_upcoming(int(match[2]), names[match[1]], match[3], locale)])


def _either(match: re.Match[str], locale: Locale) -> list[date | None]:
    one, two = int(match[1]), int(match[2])
    day_first = _upcoming(one, two, match[3], locale)
    month_first = _upcoming(two, one, match[3], locale)
    if locale.month_first is True:
        return [month_first or day_first]
    if locale.month_first is False:
        return [day_first or month_first]
    return [*dict.fromkeys([day_first, month_first])]


def _day(match: re.Match[str], found: Sequence[date | None]) -> Iterator[Day]:
    if there := [day for day in found if day]:
        yield Day(there, match.start(), match.end())


def _upcoming(day: int, month: int, year: str | None, locale: Locale) -> date | None:
    if year:
        return _date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = _date(locale.today.year, month, day)
    if found is None or found < locale.today:
        return _date(locale.today.year + 1, month, day) or found
    return found


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _months() -> dict[str, int]:
    found: dict[str, int] = {}
    for language, names in MONTHS.items():
        for number, name in enumerate(folded(names).split(), start=1):
            found[name] = number
            found.setdefault(name[:3], number)
        found |= _SHORT_MONTHS.get(language, {})
    return found


@cache
def _weekday() -> re.Pattern[str]:
    names = {name for names in WEEKDAYS.values() for name in folded(names).split()}
    names |= {name.removesuffix("-feira") for name in names}
    names |= {"mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun"}
    names |= {"mo", "mi", "fr", "sonnabend"}
    name = "|".join(sorted(names, key=len, reverse=True))
    lead = (
        r"(?:(?:next|this|coming|on|nachste[nrs]?|kommende[nrs]?|diese[nrs]?|am|ce|prochain"
        r"|el|este|proximo|proxima|na|no|prossimo|volgende|komende|deze|op)\s+)*"
    )
    tail = r"(?:\s+(?:prochain|que viene|proximo|proxima|prossimo))?"
    return re.compile(rf"(?<![\w-]){lead}(?P<day>{name})(?![\w-]){tail}")


@cache
def _weekday_number(said: str) -> int:
    for names in WEEKDAYS.values():
        for number, name in enumerate(folded(names).split()):
            if said == name or said == name.removesuffix("-feira"):
                return number
    if said == "sonnabend":
        return 5
    shortened = {**_german_short(), **{n[:3]: i for i, n in enumerate(WEEKDAYS["en"].split())}}
    return shortened[said[:3]]


def _german_short() -> dict[str, int]:
    return {name[:2]: number for number, name in enumerate(WEEKDAYS["de"].split())}
