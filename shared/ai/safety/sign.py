"""One sign that a text wants to steer the model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

FEW = r"(?:\W+[\w'-]+){0,6}?\W+"
"""Up to six words between two that belong together."""

STARTS = r"(?:^|[.!?:,;\n]\s*)"
"""Where a sentence, or a part of one, begins: there an imperative is an order."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One of the `patterns` occurs at least `times` in a text that bears it.

    `weight` is how rarely an honest question bears it: 1.0 is enough by itself.
    """

    name: str
    weight: float
    patterns: Sequence[re.Pattern[str]]
    times: int = 1

    def is_shown_by(self, pattern: re.Pattern[str], text: str) -> bool:
        """Tell whether the text bears it by this one of its patterns."""
        found = pattern.finditer(text)
        return all(next(found, None) is not None for _ in range(self.times))


def sign(name: str, weight: float, *patterns: str, times: int = 1) -> Sign:
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    return Sign(name, weight, compiled, times)
