"""Several rankings made one: reciprocal rank fusion.

Source: Cormack, Clarke and Buettcher, Reciprocal Rank Fusion Outperforms Condorcet (2009).
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)

K = 60
"""How little the first places count more than those behind them."""


def fused(rankings: Sequence[Sequence[Id]], limit: int) -> list[Id]:
    """The best of all rankings; what stands high in several comes first."""
    scores: defaultdict[Id, float] = defaultdict(float)
    for ranking in rankings:
        for place, id in enumerate(ranking, start=1):
            scores[id] += 1 / (K + place)
    return sorted(scores, key=lambda id: -scores[id])[:limit]
