"""Every fixed sentence of the platform and of its own skills, in every language it speaks.

The sentences are gettext catalogues: `locale/<language>/LC_MESSAGES/<domain>.po`, each sentence
with an id and a note for the translator. The id `tickets.filed` is `filed` in the domain
`tickets`; a skill has a domain of its name. `make catalogue` compiles what was changed.
"""

from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

from shared.text.languages import LANGUAGES

LOCALES = Path(__file__).with_name("locale")
DEFAULT = "en"


def phrase(language: str, id: str, /, **values: object) -> str:
    """The sentence in a language, its `{names}` filled in; in English where it has none.

    Raises LookupError when no catalogue has the id.
    """
    domain, _, name = id.partition(".")
    sentence = _catalogue(domain, language if language in LANGUAGES else DEFAULT).gettext(name)
    if sentence == name:
        raise LookupError(f"no catalogue has {id!r}: {LOCALES}/en/LC_MESSAGES/{domain}.po")
    return sentence.format(**values) if values else sentence


def translated(language: str, id: str, english: str) -> str:
    """What a skill says of itself, in a language, if the catalogue has these very words of it."""
    try:
        known = phrase(DEFAULT, id) == english
    except LookupError:
        known = False
    return phrase(language, id) if known else english


def name_of(language: str, *, spoken: str) -> str:
    """The name of a language as `spoken` calls it: `Deutsch`, `German`."""
    return phrase(spoken, f"dialogue.{language}")


@cache
def _catalogue(domain: str, language: str) -> NullTranslations:
    try:
        return translation(domain, LOCALES, [language, DEFAULT])
    except FileNotFoundError:
        raise LookupError(f"there is no catalogue {domain!r} in {LOCALES}") from None
