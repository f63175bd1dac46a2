"""One question of a form, and what an answer to it means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.text.words import words

_CANCEL = re.compile(
    r"(please )?(cancel|stop|quit|abort|exit)( (it|that|this|please|the form|the ticket))?"
    r"|never ?mind|forget (it|about it)|abbrechen|annuler|cancelar"
)
_YES = re.compile(
    r"(yes|y|yep|yeah|yup|sure|ok|okay|confirm|confirmed|correct|right|fine|ja|oui|si|file it)"
    r"( (yes|please|sure|ok|do|do it|do that|it is|thats it|thats right|correct|right|fine|go ahead"
    r"|file it|send it|thanks|thank you))*"
)
_NO = re.compile(
    r"(no|n|nope|nah|wrong|not yet|nein|non)( (no|nope|please|thanks|thank you|not yet|wrong))*"
)

LONGEST_ANSWER = 5
"""Words in which a choice is looked for."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing to know: free text, or one of the choices.

    `choices` maps each choice to words that mean it, in small letters. `hint` is said when an
    answer does not do.
    """

    name: str
    question: str
    hint: str
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    longest: int = 1000

    def read(self, text: str) -> str | None:
        """The value that an answer means, None when it is too short or no choice.

        A choice is understood by its number, its beginning, or, in a few words, by its name or a
        word that means it: a whole sentence is no answer to "how urgent?".
        """
        if not self.choices:
            return self._free(text)
        said = " ".join(words(text))
        names = list(self.choices)
        if said.isdecimal():
            return names[int(said) - 1] if len(said) < 4 and 0 < int(said) <= len(names) else None
        begun = [name for name in names if said and name.startswith(said)]
        if len(begun) == 1:
            return begun[0]
        return self.spot(text) if len(said.split()) <= LONGEST_ANSWER else None

    def spot(self, text: str) -> str | None:
        """The one choice that a text speaks of; None for none, several, or one denied."""
        said = " ".join(words(text))
        found: set[str] = set()
        meanings = [(word, name) for name, more in self.choices.items() for word in (name, *more)]
        for word, name in sorted(meanings, key=lambda meaning: -len(meaning[0])):
            spoken = rf"(?<!\bnot )\b{re.escape(' '.join(words(word)))}\b"
            said, count = re.subn(spoken, "", said)
            if count:
                found.add(name)
        return found.pop() if len(found) == 1 else None

    def _free(self, text: str) -> str | None:
        said = words(text)
        enough = sum(map(len, said)) >= 4 and (len(said) > 1 or not text.isascii())
        flat = " ".join(text.split())
        if not enough:
            return None
        return flat if len(flat) <= self.longest else f"{flat[: self.longest - 1]}…"


def cancels(text: str) -> bool:
    """Whether somebody wants to stop here; part of a longer sentence it does not count."""
    return _CANCEL.fullmatch(" ".join(words(text))) is not None


def agrees(text: str) -> bool | None:
    """Yes, no, or None for anything else."""
    thumb = text.strip()[:1]
    said = " ".join(words(text))
    if thumb == "👍" or _YES.fullmatch(said):
        return True
    return False if thumb == "👎" or _NO.fullmatch(said) else None
