"""The sentences of a passage that answer a question, in the passage's own words."""

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from shared.text.asked import holds, kind_of
from shared.text.sentences import Unit, units
from shared.text.words import terms

if TYPE_CHECKING:
    from shared.ai.encoder import Encoder

SHORT = 45
"""Words of a passage that is quoted whole."""

MOST = 3
"""Sentences of a quotation."""

MOST_STEPS = 8
"""Items of a list in a quotation."""

OF_KIND = 0.15
"""What it counts that a sentence could be an answer of the kind that is asked for."""

SHARED = 0.3
"""What it counts that a sentence has the words of the question."""

CLOSE = 0.7
"""Share of the best sentence's score from which another is quoted with it."""


async def quote(question: str, text: str, encoder: "Encoder | None") -> str:
    """One to three sentences, or the steps, in their order."""
    parts = units(text)
    if sum(len(part.text.split()) for part in parts) <= SHORT:
        return _joined(parts)
    scores = await _scores(question, parts, encoder)
    best = max(range(len(parts)), key=lambda n: scores[n])
    steps = _steps(parts, best)
    if steps:
        return _joined([parts[n] for n in steps])
    prose = [n for n in range(len(parts)) if not parts[n].is_item]
    near = sorted(prose, key=lambda n: -scores[n])[:MOST]
    chosen = {n for n in near if scores[n] >= CLOSE * scores[best]} | {best}
    chosen |= _lacking(question, parts, chosen, sorted(prose, key=lambda n: -scores[n]))
    if len(chosen) == 1 and best + 1 in prose:
        chosen.add(best + 1)
    return _joined([parts[n] for n in sorted(chosen)])


def _lacking(
    question: str, parts: Sequence[Unit], chosen: Set[int], ranked: Sequence[int]
) -> set[int]:
    """The best sentences that have words of the question which the chosen ones have not."""
    said = {n: set(terms(parts[n].text)) for n in ranked}
    missing = set(terms(question)).difference(*(said[n] for n in chosen if n in said))
    found = set[int]()
    for n in ranked:
        if len(chosen | found) < MOST and missing & said[n]:
            found.add(n)
            missing -= said[n]
    return found


async def _scores(question: str, parts: Sequence[Unit], encoder: "Encoder | None") -> list[float]:
    kind, asked = kind_of(question), set(terms(question))
    near = await _nearness(question, parts, encoder)
    return [
        near[n]
        + SHARED * len(asked & set(terms(part.text))) / max(len(asked), 1)
        + OF_KIND * holds(kind, part.text)
        for n, part in enumerate(parts)
    ]


async def _nearness(
    question: str, parts: Sequence[Unit], encoder: "Encoder | None"
) -> Sequence[float]:
    texts = [question, *(part.text for part in parts)]
    vectors = await encoder.vectors(texts) if encoder else None
    if vectors is None:
        return [0.0] * len(parts)
    return [float(near) for near in vectors[1:] @ vectors[0]]


def _steps(parts: Sequence[Unit], best: int) -> list[int]:
    """The list that the sentence introduces or is part of; empty when there is none."""
    first = best
    while first and parts[first].is_item:
        first -= 1
    if not parts[best].is_item and not parts[best].text.endswith(":"):
        return []
    begin = first if parts[first].is_item or parts[first].text.endswith(":") else first + 1
    last = begin
    while last + 1 < len(parts) and parts[last + 1].is_item and last - begin < MOST_STEPS:
        last += 1
    return list(range(begin, last + 1))


def _joined(parts: Sequence[Unit]) -> str:
    """Sentences in one line, list items in lines of their own; prose ends with the mark."""
    lines: list[str] = []
    for part in parts:
        if part.is_item:
            lines.append(f"\n{part.text}")
        elif not lines or _is_step(lines[-1]):
            lines.append(f"\n\n{part.text}" if lines else part.text)
        else:
            lines[-1] += f" {part.text}"
    marked = [line if _is_step(line) else f"{line} [1]" for line in lines]
    text = "".join(marked)
    return (text if "[1]" in text else f"{text} [1]").strip()


def _is_step(line: str) -> bool:
    return line.startswith("\n") and not line.startswith("\n\n")
