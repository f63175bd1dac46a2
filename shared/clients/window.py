"""A sliding window: at most so many within so many seconds."""

from collections.abc import Sequence
from math import inf


def opens(taken: Sequence[float], count: int, seconds: float) -> float:
    """The time from which one more has room beside those `taken`, in order; -inf for any time."""
    return taken[-count] + seconds if len(taken) >= count else -inf
