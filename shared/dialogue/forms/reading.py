"""What a slot makes of what a person gave."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.turn import Turn

JsonValue = Any
"""What a slot keeps: text, a number, or the description of a file."""

MONTH_FIRST = frozenset({"US", "PH", "FM", "MH", "PW"})
"""Regions in which 03/04 is the fourth of March."""


@dataclass(frozen=True, slots=True)
class Locale:
    """How a person writes dates and numbers, and what day it is where they are."""

    language: str
    region: str
    today: date

    @classmethod
    def of(cls, turn: "Turn") -> "Locale":
        """Read it from the activity: `locale`, and `localTimestamp` where the channel sends it."""
        _, _, region = (turn.activity.locale or turn.reference.locale).partition("-")
        return cls(turn.language, region.upper(), _today(turn))

    @property
    def month_first(self) -> bool | None:
        """Whether 03/04 is in March; None when nobody can tell: English of no known region."""
        if self.region:
            return self.region in MONTH_FIRST
        return None if self.language == "en" else False

    @property
    def decimal_comma(self) -> bool:
        return self.language != "en"


def _today(turn: "Turn") -> date:
    local = turn.activity.get("localTimestamp")
    if isinstance(local, str):
        try:
            return datetime.fromisoformat(local).date()
        except ValueError:
            pass
    return datetime.fromtimestamp(turn.now).date()


@dataclass(frozen=True, slots=True)
class Answer:
    """The person's answer, understood."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class Between:
    """The answer means one of these: the person is asked which."""

    values: Sequence[JsonValue]


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer. `reason` is the id of a sentence that says why, with what it names."""

    reason: str
    names: Mapping[str, object] = field(default_factory=dict)


Reading = Answer | Between | Refused


@dataclass(frozen=True, slots=True)
class Found:
    """What a kind read in a sentence, and where in the folded text it stands."""

    reading: Reading
    start: int
    end: int


def folded(text: str) -> str:
    """Small letters without accents, so that one spelling stands for all."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def without(text: str, start: int, end: int) -> str:
    """The folded text, blank where a value was found, so that nothing is found there twice."""
    return text[:start] + " " * (end - start) + text[end:]
