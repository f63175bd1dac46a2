"""What a bot tells of the people behind it: when somebody is there, and on which phone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from shared.dialogue.forms.calendar import WEEKDAYS
from shared.dialogue.phrases import phrase
from shared.text.hours import OpeningHours

if TYPE_CHECKING:
    from shared.bot import Handoff

_LETTERS = {"de": 2, "nl": 2}
"""Of the short name of a weekday; three in other languages."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The `[handoff]` table of a bot, in the language of a person."""

    handoff: "Handoff"
    hours: OpeningHours | None
    language: str

    @classmethod
    def of(cls, handoff: "Handoff", language: str) -> Self:
        hours = OpeningHours.parse(handoff.hours) if handoff.hours else None
        return cls(handoff, hours, language)

    def is_open(self, now: float) -> bool:
        return self.hours is None or self.hours.is_open(now)

    def return_at(self, now: float) -> float:
        """When the bot is back by itself, if somebody is to have had the time to answer."""
        opening = self.hours.next_opening(now) if self.hours else now
        return opening + self.handoff.return_after_minutes * 60

    @property
    def shown(self) -> str:
        """The hours as one writes them: `Mon–Fri 08:00–18:00 (Berlin)`."""
        if self.hours is None:
            return ""
        short = _LETTERS.get(self.language, 3)
        names = [name[:short].capitalize() for name in WEEKDAYS[self.language].split()]
        days = list(dict.fromkeys((names[self.hours.first], names[self.hours.last])))
        times = f"{self.hours.opens:%H:%M}–{self.hours.closes:%H:%M}"
        place = self.hours.zone.key.rpartition("/")[2].replace("_", " ")
        return f"{'–'.join(days)} {times} ({place})"

    def told(self, *, hours: bool = True) -> list[str]:
        """When somebody is there, and where else to turn; nothing of what is not known."""
        lines = []
        if hours and self.hours:
            lines.append(phrase(self.language, "handoff.hours", hours=self.shown))
        if self.handoff.phone:
            lines.append(phrase(self.language, "handoff.phone", phone=self.handoff.phone))
        return lines
