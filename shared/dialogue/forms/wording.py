"""Words that an author or the catalogue has in several languages."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.dialogue.phrases import DEFAULT, phrase


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of the catalogue, by its id."""

    id: str


Wording = str | Mapping[str, str] | Phrase
"""A text for all languages, one for each (`{"en": ..., "de": ...}`), or one of the catalogue's."""


def worded(wording: Wording, language: str) -> str:
    """The words in a language; in English, else in the first there is, where they have none."""
    match wording:
        case Phrase(id):
            return phrase(language, id)
        case str():
            return wording
    return wording.get(language) or wording.get(DEFAULT) or next(iter(wording.values()))
