"""An answer and its sources: numbered as they are cited, each piece held against its passage."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.observability import log
from shared.ports.knowledge import Passage
from shared.text.languages import language_of
from shared.text.words import terms

ABSTAINED = "I could not find an answer to that."

LEAST_WORDS = 4
"""Content words from which a piece of an answer is held against its passage by words."""

LEAST_SHARE = 0.3
"""Share of them that the passage, or the question, has to have."""

SPELLED_OUT = 12
"""Numbers up to this stand in words as often as in digits, and are not compared."""

_MARK = re.compile(r"\[(\d{1,3})\]")
_PIECE = re.compile(r".*?(?:\[\d{1,3}\][ \t]*)+[.!?]?|.+", re.DOTALL)
_STEP = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*])\s+", re.MULTILINE)
_DIGITS = re.compile(r"\d+")
_GROUPED = re.compile(r"(?<=\d)[.,'\u00a0\u202f ](?=\d{3}\b)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")


@dataclass(frozen=True, slots=True)
class Answer:
    """`[1]` in the text is the first of `citations`. Without a source there is no answer.

    `degraded` when the offline way stood in for a model that did not answer.
    """

    text: str
    citations: list[Passage]
    abstained: bool
    degraded: bool = False


NONE = Answer(ABSTAINED, [], abstained=True)


def quotable(passage: Passage) -> str:
    """Headline and text; what looks like a mark in them is none, so no passage poses as another."""
    headline = " ".join(f"{passage.title}: {passage.heading}".removesuffix(": ").split())
    return _MARK.sub(r"(\1)", f"{headline}\n{passage.text}")


def cited(text: str, passages: Sequence[Passage]) -> Answer:
    """Number the sources in the order they are cited, and strike marks that name none."""
    order: list[int] = []

    def renumber(mark: re.Match[str]) -> str:
        number = int(mark[1])
        if not 1 <= number <= len(passages):
            return ""
        if number not in order:
            order.append(number)
        return f"[{order.index(number) + 1}]"

    renumbered = _MARK.sub(renumber, text).strip()
    if not order:
        return NONE
    return Answer(renumbered, [passages[number - 1] for number in order], abstained=False)


def supported(text: str, question: str, passages: Sequence[Passage]) -> str:
    """The text without the pieces that no passage bears out; one that another bears out cites it.

    Each piece ends with its marks. A number or an address in it has to stand in its passage, and
    where both are in one language some of its words have to.
    """
    kept, struck = list[str](), 0
    for piece in _pieces(text):
        named = [number for number in map(int, _MARK.findall(piece)) if number <= len(passages)]
        if not named:
            kept.append(piece)
            continue
        others = [n for n in range(1, len(passages) + 1) if n not in named]
        bearing = [n for n in named if n and _bears(passages[n - 1], piece, question)]
        found = bearing or [n for n in others if _bears(passages[n - 1], piece, question)][:1]
        if not found:
            struck += 1
        elif found == named:
            kept.append(piece)
        else:
            marks = "".join(f"[{number}]" for number in found)
            kept.append(_MARK.sub("", piece).rstrip(" ") + f" {marks}")
    if struck:
        log.warning("ai.unsupported", pieces=struck, of=struck + len(kept))
    return "".join(kept)


def speaks(text: str, language: str) -> bool:
    """Whether an answer is in a language, as far as its small words tell."""
    return language_of(_MARK.sub("", text), expected=language) == language


def _pieces(text: str) -> Iterator[str]:
    return (match[0] for match in _PIECE.finditer(text))


def _bears(passage: Passage, piece: str, question: str) -> bool:
    """Whether a passage may have said this."""
    said = _STEP.sub("", _MARK.sub("", piece))
    whole = " ".join([passage.title, passage.heading, passage.text, passage.url])
    if not _facts(said) <= _facts(whole) | _facts(question):
        return False
    words = set(terms(said))
    if len(words) < LEAST_WORDS or language_of(said) != language_of(passage.text):
        return True
    known = set(terms(whole)) | set(terms(question)) | set(terms(" ".join(passage.asked)))
    return len(words & known) >= LEAST_SHARE * len(words)


def _facts(text: str) -> set[str]:
    """Numbers and mail addresses, in one form."""
    digits = {*_DIGITS.findall(text), *_DIGITS.findall(_GROUPED.sub("", text))}
    numbers = {number.lstrip("0") for number in digits}
    large = {n for n in numbers if len(n) > 2 or int(n or 0) > SPELLED_OUT}
    return large | {address.casefold() for address in _MAIL.findall(text)}
