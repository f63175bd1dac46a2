"""Small statistics that reports share."""

from collections.abc import Sequence
from math import ceil


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of `values`, 0.0 of none; `share` is in (0, 1]."""
    ordered = sorted(values)
    return ordered[ceil(share * len(ordered)) - 1] if ordered else 0.0
