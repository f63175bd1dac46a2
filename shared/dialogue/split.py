"""Several questions in one message, each for itself."""

import re

from shared.text.pattern import Pattern
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
_QUESTION = (
    r"how|what|whats|what's|when|where|who|why|which|can|could|do|does|is|are|will|would|should"
    r"|may|wie|was|wann|wo|wer|warum|welche\w*|kann|darf|muss|gibt|ist|sind|comment|quand|où|qui"
    r"|pourquoi|combien|quel\w*|puis-je|est-ce|peut-on|y a-t-il|cómo|como|qué|cuándo|dónde|quién"
    r"|cuánto\w*|puedo|hay|quando|onde|quem|quanto\w*|qual|posso|come|dove|chi|perché|quale|hoe"
    r"|wat|wanneer|waar|waarom|welke|kan|mag|moet|is er"
)
_OPENS = (
    rf"{_QUESTION}|i|my|we|please|ich|mein\w*|je|mon|ma|mes|mi|necesito|quiero|preciso|meu|minha"
    r"|ho|il mio|la mia|vorrei|ik|mijn"
)
_ASKS = Pattern(
    rf"(?:{_QUESTION}|i (?:want|need|would like)|i'?d like|ich (?:möchte|brauche|will)"
    r"|je (?:veux|voudrais)|quiero|necesito|quisiera|quero|preciso|gostaria|vorrei|voglio"
    r"|ik wil)\b",
    re.IGNORECASE,
)
_END = Pattern(r"(?<=[?!.])\s+|\n+|\s+-\s+(?=possible)")
_JOINT = Pattern(
    rf"(?:\s*[,;]\s*|\s+)(?:{_AND})\s+(?:(?:{_AND}|then|noch)\s*,?\s+)?(?=(?:{_OPENS})\b)"
    r"|\s*,\s*(?=(?:whats|what's|what|how|when|where|who|wie|was|wann|wo|comment|cómo|como"
    r"|come|hoe)\b)",
    re.IGNORECASE,
)
_ALSO = Pattern(
    r"\s*[,;]?\s+(?:and also|und auch|et aussi|y también|e também|e anche|en ook|as well as)\s+",
    re.IGNORECASE,
)
_LEAD = Pattern(rf"\A(?:{_AND}|but|aber|mais|pero|mas|ma|maar)\b[\s,]*", re.IGNORECASE)


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
    least = 1 if asks(part) else SHORTEST
    return not refers and len([word for word in said if word not in STOPWORDS]) >= least


def asks(part: str) -> bool:
    """Whether a part asks or wishes for something, rather than tells of it."""
    return part.rstrip().endswith("?") or _ASKS.match(part) is not None


_REFERS = Pattern(
    r"\b(?:it|that|them|they|this|those|(?<!is )(?<!are )there|es|sie|das|dies|dort"
    r"|ça|cela|le|la|ello|eso"
    r"|esto|isso"
    r"|isto|ele|ela|questo|quello|lo|het|dat|dit|deze|daar|because|weil|parce|porque|perché"
    r"|omdat)\b"
)


def clauses(text: str) -> list[str]:
    """The pieces of a long message, each with words enough to mean something."""
    if len(words(text)) <= WORDY:
        return []
    pieces = [_LEAD.sub("", piece.strip()) for piece in _CLAUSE.split(text)]
    pieces = [piece for piece in pieces if len(words(piece)) > SHORTEST]
    return pieces[:MOST_CLAUSES] if len(pieces) > 1 else []


_CLAUSE = Pattern(
    r"[,.;:!?\n]+\s*"
    r"|\s+(?:because|and|but|so|since|weil|und|aber|denn|parce que|et|mais|porque|y|pero|e|mas"
    r"|perché|ma|omdat|en|maar)\s+",
    re.IGNORECASE,
)
