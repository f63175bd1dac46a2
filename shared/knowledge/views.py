"""How near a question is to passages by what it means: each passage is seen in several views.

The views are the questions that its author wrote down, its title and heading, and each of its
sentences; the nearest one counts. What is near enough is learned for each bot: the questions of
its own articles, each tried as if it were not there, against what no bot is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.text.sentences import units

if TYPE_CHECKING:
    from shared.ai.encoder import Encoder, Matrix

SENTENCE = 0.92
"""What a sentence counts for: a question is nearest to a question."""

FEWEST = 12
"""Questions from which a border can be learned."""

Document = tuple[str, str, str, tuple[str, ...]]
"""Title, heading, text, and the questions that it answers."""


@dataclass(frozen=True, slots=True)
class Borders:
    """A passage that is `sure` answers the question; one that is `fit` may be offered."""

    fit: float = 0.45
    sure: float = 0.56


class Views:
    """The views of documents, numbered in their order."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._texts: list[str] = []
        self._owners: list[int] = []
        self._weights: list[float] = []
        self._asked: list[int] = []
        self._count = len(documents)
        self._learned: dict[frozenset[int], Borders] = {}
        for number, (title, heading, text, asked) in enumerate(documents):
            for question in asked:
                self._asked.append(len(self._texts))
                self._add(number, question, 1.0)
            self._add(number, f"{title}: {heading}" if heading else title, 1.0)
            for unit in units(text):
                if len(unit.text.split()) > 2:
                    self._add(number, unit.text, SENTENCE)

    def _add(self, number: int, text: str, weight: float) -> None:
        self._texts.append(text)
        self._owners.append(number)
        self._weights.append(weight)

    async def prepare(self, encoder: "Encoder") -> None:
        """Wait until `nearness` and `borders` know."""
        from shared.ai.elsewhere import ELSEWHERE

        await encoder.matrix_ready(self._texts)
        await encoder.matrix_ready(ELSEWHERE)

    async def nearness(self, encoder: "Encoder", text: str) -> list[float] | None:
        """For each document from -1 to 1; None while nothing is known of meaning."""
        vectors = await encoder.matrix_for(text, self._texts)
        vector = None if vectors is None else await encoder.vector(text)
        if vectors is None or vector is None:
            return None
        import numpy as np

        near = (vectors @ vector) * np.array(self._weights, np.float32)
        found = np.full(self._count, -1.0, np.float32)
        np.maximum.at(found, np.array(self._owners), near)
        return [float(nearest) for nearest in found]

    async def borders(self, encoder: "Encoder", within: frozenset[int]) -> Borders:
        """What is near enough among some of the documents."""
        from shared.ai.elsewhere import ELSEWHERE

        vectors, others = encoder.matrix(self._texts), encoder.matrix(ELSEWHERE)
        if vectors is None or others is None:
            return Borders()
        if within not in self._learned:
            self._learned[within] = self._learn(vectors, others, within)
        return self._learned[within]

    def _learn(self, vectors: "Matrix", others: "Matrix", within: frozenset[int]) -> Borders:
        import numpy as np

        mine = [n for n, owner in enumerate(self._owners) if owner in within]
        asked = [n for n in self._asked if self._owners[n] in within]
        if len(asked) < FEWEST:
            return Borders()
        weights = np.array(self._weights, np.float32)[mine]
        similar = (vectors[asked] @ vectors[mine].T) * weights
        similar[np.array(asked)[:, None] == np.array(mine)[None, :]] = -1.0
        inside = similar.max(axis=1)
        outside = ((others @ vectors[mine].T) * weights).max(axis=1)
        fit = (np.percentile(outside, 95) + np.percentile(inside, 10)) / 2
        sure = max(float(np.percentile(inside, 25)), float(fit) + 0.06)
        return Borders(float(np.clip(fit, 0.4, 0.55)), float(np.clip(sure, 0.5, 0.65)))
