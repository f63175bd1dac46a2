"""Which of several choices a text asks for, by what it means and by its words.

The nearest examples of a choice and a linear fit over all of them, beside the ranking by words.
Among the choices is one that is none: what people say to any assistant and that nobody offers.
How far a text must be from that is learned from the examples themselves, each tried as if it
were not there.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from shared.ai.elsewhere import ELSEWHERE
from shared.ai.ranking import Choice, Ranked, Ranker

if TYPE_CHECKING:
    from shared.ai.encoder import Matrix

NEAREST = (0.5, 0.3, 0.2)
"""Weights of the nearest examples of a choice."""

RIDGE = 1.0
"""How much the linear fit is kept from following single examples."""

WORDS = 0.35
"""Weight of the ranking by words beside the meaning."""

TEMPERATURE = 0.2
"""Difference in evidence that makes a choice e times likelier."""

MOST_SHIFT = 0.1
"""Evidence by which the examples may move the border to none of the choices."""


class MeaningRanker:
    """Ranks texts among fixed choices, given the vectors of `texts(choices)`."""

    def __init__(self, choices: Sequence[Choice], vectors: "Matrix") -> None:
        import numpy as np

        self._names = [choice.name for choice in choices]
        self._words = Ranker(choices)
        owners = [n for n, choice in enumerate(choices) for _ in choice.texts()]
        self._owners = np.array([*owners, *[len(choices)] * len(ELSEWHERE)])
        self._vectors = vectors
        labels = np.zeros((len(vectors), len(choices) + 1), np.float32)
        labels[np.arange(len(vectors)), self._owners] = 1.0
        self._labels = labels - labels.mean(axis=0)
        gram = vectors @ vectors.T + RIDGE * np.eye(len(vectors), dtype=np.float32)
        self._inverse = np.linalg.inv(gram)
        self._fit = self._inverse @ self._labels

    @staticmethod
    def texts(choices: Sequence[Choice]) -> list[str]:
        """All that is said of the choices, and what belongs to none."""
        return [*(text for choice in choices for text in choice.texts()), *ELSEWHERE]

    def rank(self, text: str, vector: "Matrix") -> list[Ranked]:
        """Every choice with the confidence that the text asks for it, the likeliest first."""
        import numpy as np

        similar = self._vectors @ vector
        evidence = self._nearest(similar) + similar @ self._fit
        known = {ranked.name: ranked.score for ranked in self._words.rank(text)}
        evidence[:-1] += WORDS * np.sqrt([known[name] for name in self._names])
        evidence[-1] += self._shift
        likely = np.exp((evidence - evidence.max()) / TEMPERATURE)
        likely /= likely.sum()
        ranked = [Ranked(name, float(p)) for name, p in zip(self._names, likely, strict=False)]
        return sorted(ranked, key=lambda choice: -choice.score)

    def nearest(self, vector: "Matrix") -> dict[str, float]:
        """The cosine of the nearest of each choice's texts."""
        similar = self._vectors @ vector
        return {
            name: float(similar[self._owners == number].max(initial=-1.0))
            for number, name in enumerate(self._names)
        }

    def _nearest(self, similar: "Matrix") -> "Matrix":
        import numpy as np

        found = np.zeros(len(self._names) + 1, np.float32)
        for number in range(len(found)):
            near = np.sort(similar[self._owners == number])[::-1][: len(NEAREST)]
            weights = np.array(NEAREST[: len(near)])
            found[number] = (near * weights).sum() / max(weights.sum(), 1e-9)
        return found

    @cached_property
    def _shift(self) -> float:
        """What is added to none, so that most examples are above it and most other talk is not."""
        import numpy as np

        similar = self._vectors @ self._vectors.T
        np.fill_diagonal(similar, -1.0)
        left_out = self._labels - self._fit / np.diag(self._inverse)[:, None]
        evidence = np.array([self._nearest(row) for row in similar]) + left_out
        lead = evidence[:, :-1].max(axis=1) - evidence[:, -1]
        inside = self._owners < len(self._names)
        borders = np.linspace(-MOST_SHIFT, MOST_SHIFT, 41)
        kept = [(lead[inside] >= b).mean() + (lead[~inside] < b).mean() for b in borders]
        return float(borders[int(np.argmax(kept))])
