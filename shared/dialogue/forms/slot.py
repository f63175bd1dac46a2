"""One question of a form: its name, its words, and the kind of answer it wants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from shared.dialogue.forms.kinds import Kind, Text
from shared.dialogue.forms.reading import Answer, JsonValue, Reading, Refused, folded
from shared.dialogue.forms.wording import Wording, worded

WORDS = Text()
"""Free text, the kind of a slot that names none."""

Answers = dict[str, Any]
"""What was answered, by the name of the slot, as JSON: a day is `2026-12-04`, a time `09:30`."""

Check = Callable[[Any, Answers], str]
"""Takes a value and the other answers; returns why the value does not do, "" when it does."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing to know. `label` is how it is called on a card and in corrections.

    `hint` is said when an answer does not do; the kind has one of its own. `check` is the
    author's own rule. `aliases` are further words for it: "make *the place* Aspen". `unsure` is the
    value for somebody who does not know, or does not mind.
    """

    name: str
    question: Wording
    kind: Kind = WORDS
    label: Wording = ""
    hint: Wording = ""
    optional: bool = False
    check: Check | None = None
    aliases: Sequence[str] = ()
    unsure: JsonValue = None

    def called(self, language: str) -> str:
        """What people read as its name."""
        return worded(self.label, language) or self.name.replace("_", " ").capitalize()

    def names(self, language: str) -> list[str]:
        """All that it is called, folded, the longest first: for corrections."""
        called = {self.name.replace("_", " "), *self.aliases, self.called(language)}
        called.add(self.called("en"))
        return sorted({folded(name) for name in called}, key=len, reverse=True)

    def checked(self, reading: Reading, answers: Answers) -> Reading:
        """The reading, or the author's refusal of it, in the author's words."""
        if self.check and isinstance(reading, Answer):
            why = self.check(reading.value, answers)
            return Refused("", {"why": why}) if why else reading
        return reading
