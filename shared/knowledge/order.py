"""In which order passages answer a question, by meaning and words together."""

from collections.abc import Sequence

from shared.ports.knowledge import Passage
from shared.text.words import terms

COVERAGE = 0.25
"""Weight of the words of a question that a passage has, beside its meaning."""

HEADLINE = 0.15
"""Weight of the words of a question that stand in the title and heading."""


def by_meaning(passages: Sequence[Passage], text: str) -> list[Passage]:
    """The passages, whose `score` and `meaning` are known, the best first."""
    asked = set(terms(text))

    def rank(passage: Passage) -> float:
        headline = set(terms(f"{passage.title} {passage.heading}"))
        named = len(asked & headline) / len(asked) if asked else 0.0
        return (passage.meaning or 0.0) + COVERAGE * passage.score + HEADLINE * named

    return sorted(passages, key=rank, reverse=True)
