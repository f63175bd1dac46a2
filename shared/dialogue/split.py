"""Several questions in one message, each for itself."""

import re

from shared.text.words import STOPWORDS, words

MOST = 3
"""Questions of one message that are looked at."""

SHORTEST = 2
"""Words of a part that can stand for itself, besides those that stand in every sentence."""

WORDY = 9
"""Words from which the point of a message may stand in one of its pieces."""

MOST_CLAUSES = 6
"""Pieces of a message that are looked at."""

_AND = (
    r"and|und|et|y|e|en|ed|also|additionally|besides|plus|außerdem|ausserdem|aussi|también"
    r"|tambien"
    r"|também|tambem|anche|ook"
)
_OPENS = (
    r"how|what|whats|what's|when|where|who|why|which|can|could|do|does|is|are|will|would"
    r"|should|may"
    r"|i|my|we|please|wie|was|wann|wo|wer|warum|welche\w*|kann|darf|muss|ich|mein\w*|gibt|ist"
    r"|sind"
    r"|comment|quand|où|qui|pourquoi|combien|quel\w*|puis-je|est-ce|je|mon|ma|mes|peut-on"
    r"|y a-t-il"
    r"|cómo|como|qué|cuándo|dónde|quién|cuánto\w*|puedo|mi|necesito|hay|quiero|quando|onde"
    r"|quem|quanto\w*|qual"
    r"|posso|preciso|meu|minha|come|dove|chi|perché|quale|ho|il mio|la mia|vorrei|hoe|wat|wanneer"
    r"|waar|wie|waarom|welke|kan|mag|moet|ik|mijn|is er"
)
_END = re.compile(r"(?<=[?!.])\s+|\n+|\s+-\s+(?=possible)")
_JOINT = re.compile(
    rf"(?:\s*[,;]\s*|\s+)(?:{_AND})\s+(?:(?:{_AND}|then|noch)\s*,?\s+)?(?=(?:{_OPENS})\b)"
    r"|\s*,\s*(?=(?:whats|what's|what|how|when|where|who|wie|was|wann|wo|comment|cómo|como"
    r"|come|hoe)\b)",
    re.IGNORECASE,
)
_ALSO = re.compile(
    r"\s*[,;]?\s+(?:and also|und auch|et aussi|y también|e também|e anche|en ook|as well as)\s+",
    re.IGNORECASE,
)
_LEAD = re.compile(rf"(?:{_AND}|but|aber|mais|pero|mas|ma|maar)\b[\s,]*", re.IGNORECASE)


def questions(text: str) -> list[str]:
    """The parts of a message that ask for something of their own, in order; else the whole.

    What a part refers to may stand in the one before it: "how long does it take and who approves
    it". Such a part is not cut off; its question is found by the whole.
    """
    parts: list[str] = []
    for sentence in _END.split(text.strip()):
        for piece in _JOINT.split(sentence):
            parts += _ALSO.split(piece)
    kept = [_LEAD.sub("", part.strip(" ,;-"), count=1) for part in parts]
    kept = [part for part in kept if part]
    if len(kept) < 2 or not all(_stands_alone(part) for part in kept[:MOST]):
        return _of_those_that_stand(text, kept)
    return kept[:MOST]


def _of_those_that_stand(text: str, parts: list[str]) -> list[str]:
    """A part that cannot stand alone belongs to the one before it."""
    joined: list[str] = []
    for part in parts:
        if joined and not (_stands_alone(part) and _stands_alone(joined[-1])):
            joined[-1] = f"{joined[-1]} {part}"
        else:
            joined.append(part)
    return joined[:MOST] if len(joined) > 1 else [text.strip()]


def _stands_alone(part: str) -> bool:
    said = words(part)
    refers = _REFERS.search(" ".join(said)) is not None
    return not refers and len([word for word in said if word not in STOPWORDS]) >= SHORTEST


_REFERS = re.compile(
    r"\b(?:it|that|them|they|this|those|there|es|sie|das|dies|dort|ça|cela|le|la|ello|eso"
    r"|esto|isso"
    r"|isto|ele|ela|questo|quello|lo|het|dat|dit|deze|daar|because|weil|parce|porque|perché"
    r"|omdat)\b"
)


def clauses(text: str) -> list[str]:
    """The pieces of a long message, each with words enough to mean something."""
    if len(words(text)) <= WORDY:
        return []
    pieces = [piece.strip() for piece in _CLAUSE.split(text) if len(words(piece)) > SHORTEST]
    return pieces[:MOST_CLAUSES] if len(pieces) > 1 else []


_CLAUSE = re.compile(
    r"[,.;:!?\n]+\s*"
    r"|\s+(?:because|and|but|so|since|weil|und|aber|denn|parce que|et|mais|porque|y|pero|e|mas"
    r"|perché|ma|omdat|en|maar)\s+",
    re.IGNORECASE,
)
