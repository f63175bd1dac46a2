"""All identifiers of a text, none of which overlap."""

from collections.abc import Sequence

from shared.text.identifiers.contact import emails, phones
from shared.text.identifiers.finding import Finding
from shared.text.identifiers.glance import may_hold
from shared.text.identifiers.national import national_ids
from shared.text.identifiers.payment import cards, ibans

_FINDERS = (emails, ibans, cards, national_ids, phones)
"""The stricter first: who comes later does not get what is taken."""


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
