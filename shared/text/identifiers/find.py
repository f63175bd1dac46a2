"""All identifiers of a text, none of which overlap."""

import re
from collections.abc import Sequence

from shared.text.identifiers.contact import emails, phones
from shared.text.identifiers.finding import Finding
from shared.text.identifiers.national import national_ids
from shared.text.identifiers.payment import cards, ibans

_WORTH_A_LOOK = re.compile(
    r"@\w"
    r"|(?<![^\W\d_])(?:\d[ .()/-]{0,3}){7}"
    r"|(?<!\w)[^\W\d_]{2}\d{2}(?:[ -]?\w{4}){2}"  # an IBAN
    r"|(?<!\w)[^\W\d_]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d](?!\w)"  # British
    r"|(?<!\w)(?:[^\W\d_]{3} ?){2}[\dL-Vl-v]{2}[^\W\d_]"  # Italian
    r"|(?<!\w)[XYZxyz][ -]?\d{7}"  # Spanish, of foreigners
)
_FINDERS = (emails, ibans, cards, national_ids, phones)
"""The stricter first: who comes later does not get what is taken."""


def may_hold(text: str) -> bool:
    """Whether a text could hold an identifier at all: cheap, and without any library."""
    return _WORTH_A_LOOK.search(text) is not None


def find(text: str) -> Sequence[Finding]:
    """Return every identifier in the order of the text."""
    if not may_hold(text):
        return ()
    taken: list[Finding] = []
    for finder in _FINDERS:
        for found in finder(text):
            if not any(found.overlaps(other) for other in taken):
                taken.append(found)
    return sorted(taken, key=lambda one: one.start)
