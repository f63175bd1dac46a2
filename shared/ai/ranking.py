"""Which of several choices a text asks for, by the words of their descriptions and examples."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

from shared.text.thesaurus import SENSES
from shared.text.words import STOPWORDS, stem, words

CONSIDERED = 2000
"""Characters of a text that count; what it is about stands there, or nowhere."""

_NEAREST = (0.5, 0.3, 0.2)
_NOTHING = 0.055
"""Similarity of a text that fits none of the choices: what the evidence has to outweigh."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something a text may ask for, in words: as a skill describes itself."""

    name: str
    description: str = ""
    capabilities: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    def texts(self) -> list[str]:
        phrases = [phrase for phrase in re.split(r"[,:;.]", self.description) if phrase.strip()]
        names = [] if self.name in STOPWORDS else [self.name]
        return [*names, *phrases, *self.capabilities, *self.examples]


@dataclass(frozen=True, slots=True)
class Ranked:
    """`score` from 0 to 1 is the confidence; together the choices have at most 1.

    `degraded` when words were compared because the model that should judge did not.
    """

    name: str
    score: float
    degraded: bool = False


def features(text: str) -> dict[str, float]:
    """Weighted words, word pairs, senses and, for misspelt words, parts of words."""
    found: dict[str, float] = {}
    previous, before = "", 0.0
    for word in words(text[:CONSIDERED]):
        root, weight = stem(word), 0.4 if word in STOPWORDS else 1.0
        found[root] = weight
        if previous:
            found[f"{previous} {root}"] = 0.6 * sqrt(weight * before)
        previous, before = root, weight
        for sense in SENSES.get(root, ()):
            found[f"~{sense}"] = 0.7
        if weight == 1.0 and len(word) > 3:
            parts = _parts(word)
            for part in parts:
                found[part] = max(found.get(part, 0.0), 0.75 / sqrt(len(parts)))
    return found


def _parts(word: str) -> list[str]:
    marked = f"<{word}>"
    return [f"*{marked[i : i + n]}" for n in (3, 4, 5) for i in range(len(marked) - n + 1)]


class Ranker:
    """Ranks texts among fixed choices: the mean of nearest examples and of the choice's centroid.

    A feature weighs the more the fewer choices have it, so that what people say everywhere
    counts little without any list of it.
    """

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._names = [choice.name for choice in choices]
        documents = [
            (number, features(text))
            for number, choice in enumerate(choices)
            for text in choice.texts()
        ]
        users: defaultdict[str, set[int]] = defaultdict(set)
        for number, found in documents:
            for feature in found:
                users[feature].add(number)
        self._rarest = log(len(choices) + 1)
        self._rarity = {f: log((len(choices) + 1) / len(using)) for f, using in users.items()}
        self._owners = [number for number, _ in documents]
        vectors = [self._unit(found) for _, found in documents]
        centroids: list[defaultdict[str, float]] = [defaultdict(float) for _ in choices]
        for number, vector in zip(self._owners, vectors, strict=True):
            for feature, weight in vector.items():
                centroids[number][feature] += weight
        self._examples = _postings(vectors)
        self._centroids = _postings([_normalised(centroid) for centroid in centroids])

    def rank(self, text: str) -> list[Ranked]:
        """Every choice, the likeliest first; same text, same order."""
        query = self._unit(features(text))
        nearest: list[list[float]] = [[] for _ in self._names]
        for number, similarity in zip(
            self._owners, _similarities(query, self._examples, len(self._owners)), strict=True
        ):
            if similarity:
                nearest[number].append(similarity)
        middle = _similarities(query, self._centroids, len(self._names))
        raw = [
            0.5 * sum(w * s for w, s in zip(_NEAREST, sorted(near, reverse=True), strict=False))
            + 0.5 * centre
            for near, centre in zip(nearest, middle, strict=True)
        ]
        total = _NOTHING**2 + sum(similarity**2 for similarity in raw)
        ranked = [
            Ranked(name, similarity**2 / total)
            for name, similarity in zip(self._names, raw, strict=True)
        ]
        return sorted(ranked, key=lambda choice: -choice.score)

    def _unit(self, found: dict[str, float]) -> dict[str, float]:
        return _normalised({f: w * self._rarity.get(f, self._rarest) for f, w in found.items()})


Postings = dict[str, list[tuple[int, float]]]


def _normalised(vector: dict[str, float]) -> dict[str, float]:
    length = sqrt(sum(weight * weight for weight in vector.values()))
    return {feature: weight / length for feature, weight in vector.items()} if length else {}


def _postings(vectors: Sequence[dict[str, float]]) -> Postings:
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, vector in enumerate(vectors):
        for feature, weight in vector.items():
            postings[feature].append((number, weight))
    return dict(postings)


def _similarities(query: dict[str, float], postings: Postings, size: int) -> list[float]:
    """Cosine of the query with each vector."""
    cosines = [0.0] * size
    for feature, weight in query.items():
        for number, other in postings.get(feature, ()):
            cosines[number] += weight * other
    return cosines
