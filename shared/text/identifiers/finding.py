"""One identifier in a text, and the piece of text that may be one."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value identifies; the name stands in its placeholder."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    CARD = "CARD"
    IBAN = "IBAN"
    NATIONAL_ID = "ID"
    NAME = "NAME"
    """A person's name, where somebody says it is theirs: for what is kept to be read again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`text[start:end]` is a value of this kind."""

    kind: Kind
    start: int
    end: int

    def overlaps(self, other: "Finding") -> bool:
        return self.start < other.end and other.start < self.end


NEAR_CHARACTERS = 40
"""As far before a number stands the word that says what it is."""


def is_announced(text: str, start: int, words: re.Pattern[str]) -> bool:
    """Whether one of the words stands shortly before, with no other number in between."""
    return words.search(text[max(0, start - NEAR_CHARACTERS) : start]) is not None
