"""Times of day as people write them: `9`, `9:30`, `2 pm`, `14h30`, `halb zehn`, `noon`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import time

from shared.dialogue.forms.numerals import ARTICLES, NUMERALS
from shared.dialogue.forms.reading import folded

_HOURS = "|".join(sorted((re.escape(w) for w in NUMERALS if w not in ARTICLES), key=len)[::-1])
_HOUR = rf"(?:[01]?\d|2[0-4]|{_HOURS})"
_AM = r"a\.?m\.?\b|in the morning|morgens|vormittags|du matin|de la manana|da manha|di mattina"
_PM = (
    r"p\.?m\.?\b|in the (?:afternoon|evening)|nachmittags|abends|de l'apres-midi|du soir"
    r"|de la (?:tarde|noche)|da (?:tarde|noite)|di (?:sera|pomeriggio)|'s middags|'s avonds"
)
_HALF = rf"\b(?P<before>halb|half)\s+(?P<half>{_HOUR})\b"
_PAST = (
    rf"\b(?P<part>half|quarter|viertel|kwart)\s+(?P<side>past|to|nach|vor|over|voor)\s+"
    rf"(?P<full>{_HOUR})\b"
)
_PLAIN = (
    rf"(?P<lead>\b(?:at|from|by|until|till|to|um|ab|von|bis|gegen|a las|a la|desde las|hasta las"
    rf"|as|das|ate as|alle|dalle|om|vanaf|tot|vers|des|a)\s+)?"
    rf"(?<![\w.,/:-])(?P<hour>{_HOUR})"
    rf"(?:(?::|\.|\s?h\s?)(?P<minute>[0-5]\d)(?![\d.]))?"
    rf"(?:\s*(?:(?P<am>{_AM})|(?P<pm>{_PM})"
    rf"|(?P<unit>o'?clock|uhr(?:\s+(?P<uhr>[0-5]\d)\b)?|heures?|horas?|uur|h\b|ore\b)))?(?![\w/:-])"
)
_TIME = f"{_PAST}|{_HALF}|{_PLAIN}"
_FROM_TO = r"(?<=[0-9hm.\s])[-–](?=[0-2]?[0-9](?:[:.h][0-5][0-9]|\s?[ap]\.?m|\b(?!-)))"
_FOUR_DIGITS = r"\b([01]\d|2[0-3])([0-5]\d)\b"
_NAMED = {
    time(12): r"\b(?:noon|midday|mittags?|midi|mediodia|meio-dia|mezzogiorno|12 uur)\b",
    time(0): r"\b(?:midnight|mitternacht|minuit|medianoche|meia-noite|mezzanotte|middernacht)\b",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that a text names; `times` has two when nothing says which half of the day.

    `plain` when it is a bare number, which may be anything else as well.
    """

    times: Sequence[time]
    start: int
    end: int
    plain: bool = False


def moments(text: str) -> Iterator[Moment]:
    """Yield the times that a text names, in order."""
    said = re.sub(_FROM_TO, " ", folded(text))
    found = [
        Moment([at], match.start(), match.end())
        for at, name in _NAMED.items()
        for match in re.finditer(name, said)
    ]
    taken = [(moment.start, moment.end) for moment in found]
    for match in re.finditer(_TIME, said):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            found += _moment(match)
    yield from sorted(found, key=lambda moment: moment.start)


def whole(text: str) -> Moment | None:
    """The time that a text is, and nothing else; also `0930`."""
    said = folded(text).strip(" .!?")
    if match := re.fullmatch(_FOUR_DIGITS, said):
        return Moment([time(int(match[1]), int(match[2]))], 0, len(said))
    found = list(moments(said))
    if len(found) == 1 and found[0].start == 0 and found[0].end == len(said):
        return found[0]
    return None


def _moment(match: re.Match[str]) -> list[Moment]:
    if match["full"]:
        minute = 30 if match["part"] == "half" else 15
        hour = _number(match["full"])
        if match["side"] in ("to", "vor", "voor"):
            hour, minute = hour - 1, 60 - minute
        return _either(hour, minute, match)
    if match["half"]:
        hour = _number(match["half"])
        return _either(hour - 1, 30, match) if match["before"] == "halb" else []
    hour, minute = _number(match["hour"]), int(match["minute"] or match["uhr"] or 0)
    if hour > 24 or (hour == 24 and minute):
        return []
    if match["pm"]:
        return _one(hour + 12 if hour < 12 else hour, minute, match)
    if match["am"]:
        return _one(0 if hour == 12 else hour, minute, match)
    written = match["minute"] or match["unit"] or match["hour"].startswith("0")
    if match["minute"] and len(match["hour"]) == 2:
        return _one(hour, minute, match)
    return _either(hour, minute, match, plain=not (written or match["lead"]))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else NUMERALS[text]


def _one(hour: int, minute: int, match: re.Match[str]) -> list[Moment]:
    return [Moment([time(hour % 24, minute)], match.start(), match.end())]


def _either(hour: int, minute: int, match: re.Match[str], *, plain: bool = False) -> list[Moment]:
    """The hour as it stands, and twelve hours later where that is an hour of the day, too."""
    hours = [hour % 24, hour + 12] if 0 < hour < 12 else [hour % 24]
    return [Moment([time(h, minute) for h in hours], match.start(), match.end(), plain)]
