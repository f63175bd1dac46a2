"""Search in a query: by nearness of vectors, and by words (BM25).

Of the analysis of words there is the splitting alone: no stems, no stop words. Nearness is the
cosine, whatever the container's policy says.
"""

import re
from collections.abc import Callable, Sequence
from math import log, sqrt
from typing import Any

from stand_ins.cosmos.query.syntax import Node
from stand_ins.cosmos.query.values import UNDEFINED, QueryError, is_number

K1, B = 1.2, 0.75
_WORD = re.compile(r"\w+")


def is_score(node: Node) -> bool:
    """Whether it is a score by words as people write it, which a plan has to rewrite."""
    return bool(node[:2] == ("call", "FULLTEXTSCORE"))


def is_vector_score(node: Node) -> bool:
    """Whether partitions can be asked to order by it."""
    return node[0] == "call" and node[1] in ("VECTORDISTANCE", "_FULLTEXTSCORE")


def vector_distance(one: Any, other: Any) -> Any:
    """Return the cosine, undefined where there are not two vectors of as many dimensions."""
    if not (_is_vector(one) and _is_vector(other)) or len(one) != len(other):
        return UNDEFINED
    lengths = sqrt(sum(x * x for x in one)) * sqrt(sum(y * y for y in other))
    return sum(x * y for x, y in zip(one, other, strict=True)) / (lengths or 1.0)


def contains(text: Any, phrase: Any) -> Any:
    if not isinstance(text, str) or not isinstance(phrase, str):
        return UNDEFINED
    sought, there = words(phrase), words(text)
    return bool(sought) and any(
        there[place : place + len(sought)] == sought for place in range(len(there))
    )


def contains_any(text: Any, *phrases: Any) -> Any:
    found = [contains(text, phrase) for phrase in phrases]
    return UNDEFINED if UNDEFINED in found else any(found)


def score(text: Any, terms: Any, documents: Any, total: Any, hits: Any) -> Any:
    """BM25 of one document, by what was counted over all."""
    if not isinstance(text, str):
        return UNDEFINED
    there = words(text)
    mean = (total / documents if documents else 0.0) or 1.0
    norm = K1 * (1 - B + B * len(there) / mean)
    found = 0.0
    for term, having in zip(terms, hits, strict=True):
        times = sum(word in words(term) for word in there)
        rarity = log(1 + (documents - having + 0.5) / (having + 0.5))
        found += rarity * times * (K1 + 1) / (times + norm)
    return found


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _is_vector(value: Any) -> bool:
    return isinstance(value, Sequence) and all(map(is_number, value))


def _as_written(*_: Any) -> Any:
    raise QueryError("FullTextScore is only valid in the ORDER BY RANK clause.")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "VECTORDISTANCE": vector_distance,
    "FULLTEXTCONTAINS": contains,
    "FULLTEXTCONTAINSANY": contains_any,
    "FULLTEXTSCORE": _as_written,
    "_FULLTEXTSCORE": score,
    "_FULLTEXTWORDCOUNT": lambda text: len(words(text)) if isinstance(text, str) else UNDEFINED,
}
