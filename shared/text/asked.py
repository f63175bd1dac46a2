"""What kind of thing a question asks for, and whether a sentence could hold it."""

import re
from enum import Enum

from shared.text.pattern import Pattern
from shared.text.words import words


class Kind(Enum):
    """What an answer must hold."""

    AMOUNT = "amount"
    PLACE = "place"
    ANY = "any"


_AMOUNT = Pattern(
    r"\b(?:how (?:much|many|long|often|old|big|large|late|early|expensive|far)|when|what time"
    r"|by when"
    r"|what (?:does|do|is|are) .{0,40}\b(?:cost|price|limit|number|deadline)|wie (?:viel"
    r"|viele|lange|oft|teuer|hoch)"
    r"|wann|bis wann|ab wann|combien|quand|quel (?:est le )?(?:prix|delai|montant)"
    r"|cuant[oa]s?|cuando|quant[oa]s?|quando|a che ora|hoeveel|hoelang|hoe (?:lang|vaak|duur)"
    r"|wanneer)\b"
)
_PLACE = Pattern(
    r"\b(?:where|wo|wohin|woher|ou (?:est|sont|puis|trouve\w*|se)|donde|onde|dove|waar)\b"
)
_NUMBER = Pattern(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|first|second|third|fourth"
    r"|day|night|hour|week|month|year|monday|friday|saturday|sunday|immediately|at once|same day"
    r"|free|nothing|soon|as soon|until|before|after|always|any time|no limit)s?\b",
    re.IGNORECASE,
)
_SPOT = Pattern(
    r"https?://|\*\*|[*@>]|\b(?:in|at|under|on|to|from|with)\s+(?:the|your|my|our|\*|[A-Z])",
)


def kind_of(question: str) -> Kind:
    """The kind of answer that a question wants."""
    flat = " ".join(words(question))
    if _AMOUNT.search(flat):
        return Kind.AMOUNT
    return Kind.PLACE if _PLACE.search(flat) else Kind.ANY


def holds(kind: Kind, text: str) -> bool:
    """Whether a text could be such an answer."""
    match kind:
        case Kind.AMOUNT:
            return _NUMBER.search(text) is not None
        case Kind.PLACE:
            return _SPOT.search(text) is not None
        case Kind.ANY:
            return True
