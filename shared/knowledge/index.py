"""Full-text search in memory: BM25 with a weight for each field, and how much a hit covers.

Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (BM25F).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from shared.text.spelling import edits
from shared.text.words import terms

CONSIDERED = 2000
"""Characters of a question that count."""

K1, B = 1.2, 0.5
FIELDS = (3, 2, 1)
"""Weight of an occurrence in the title, the heading, the text."""


@dataclass(frozen=True, slots=True)
class Hit:
    """`coverage` from 0 to 1: the share of the question's terms, by rarity, that it contains."""

    number: int
    coverage: float


class Index:
    """Documents of (title, heading, text), numbered in their order.

    `of` is among how many they are the best, where they are not all that there are.
    """

    def __init__(self, documents: Sequence[tuple[str, str, str]], of: int = 0) -> None:
        self._of = max(of, len(documents))
        postings: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        lengths = []
        for number, fields in enumerate(documents):
            counts: Counter[str] = Counter()
            for weight, text in zip(FIELDS, fields, strict=True):
                for term in terms(text):
                    counts[term] += weight
            for term, count in counts.items():
                postings[term].append((number, count))
            lengths.append(sum(counts.values()))
        self._postings = dict(postings)
        mean = sum(lengths) / len(lengths) if lengths else 1.0
        self._norms = [K1 * (1 - B + B * length / (mean or 1.0)) for length in lengths]

    def search(self, question: str, admitted: Sequence[bool], limit: int) -> list[Hit]:
        """The best documents for which `admitted` is true; any term may match."""
        scores: defaultdict[int, float] = defaultdict(float)
        covered: defaultdict[int, float] = defaultdict(float)
        whole = 0.0
        for asked in dict.fromkeys(terms(question[:CONSIDERED])):
            term = self._known(asked)
            rarity = self._rarity(term)
            whole += rarity
            for number, count in self._postings.get(term, ()):
                if admitted[number]:
                    scores[number] += rarity * count * (K1 + 1) / (count + self._norms[number])
                    covered[number] += rarity
        best = sorted(scores, key=lambda number: (-scores[number], number))[:limit]
        return [Hit(number, covered[number] / whole) for number in best]

    def _rarity(self, term: str) -> float:
        """Inverse document frequency; a word of the question that nobody wrote is the rarest."""
        found = len(self._postings.get(term, ()))
        return log(1 + (self._of - found + 0.5) / (found + 0.5))

    def _known(self, term: str) -> str:
        """The term, or for a misspelt one the most frequent term one edit away."""
        if term in self._postings or len(term) < 5 or term.isdigit():
            return term
        near = [other for other in edits(term) if other in self._postings]
        return max(near, key=lambda other: len(self._postings[other]), default=term)
