"""What must not stand in a cassette: secrets of the settings, identifiers and names of people."""

import re
from collections.abc import Iterator, Mapping, Sequence

from shared.text.identifiers.find import find
from shared.text.identifiers.finding import Finding, Kind

SECRET = "<SECRET>"
SHORTEST_SECRET = 6
"""A shorter value is no secret that is worth the name, and may stand anywhere by chance."""

_SECRET_NAME = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL|CONNECTION", re.IGNORECASE)
_NAME = re.compile(
    r"\b(?i:my name is|this is|i am called|call me|mein name ist|ich hei(?:ß|ss)e|je m'appelle"
    r"|mon nom est|me llamo|mi nombre es|mi chiamo|il mio nome è|chamo-me|o meu nome é|me chamo"
    r"|ik heet|mijn naam is|mr\.?|mrs\.?|ms\.?|herr|frau|señora?|madame|monsieur|signora?|mevrouw)"
    r" ((?:[^\W\d_a-z][\w'-]+)(?: (?:van|von|de|der|da|di|la|el|bin)| [^\W\d_a-z][\w'-]+){0,3})"
)


def secrets_of(environ: Mapping[str, str]) -> Sequence[str]:
    """The values of settings whose name says that they are secret, the longest first."""
    values = {
        value
        for name, value in environ.items()
        if _SECRET_NAME.search(name) and len(value) >= SHORTEST_SECRET
    }
    return sorted(values, key=len, reverse=True)


def without(text: str, secrets: Sequence[str]) -> str:
    """Return the text with each secret replaced."""
    for secret in secrets:
        text = text.replace(secret, SECRET)
    return text


def people(text: str) -> Sequence[Finding]:
    """Identifiers, and the names by which people introduce themselves or are addressed."""
    found = list(find(text))
    found += [name for name in _names(text) if not any(map(name.overlaps, found))]
    return sorted(found, key=lambda one: one.start)


def _names(text: str) -> Iterator[Finding]:
    for match in _NAME.finditer(text):
        yield Finding(Kind.NAME, match.start(1), match.end(1))
