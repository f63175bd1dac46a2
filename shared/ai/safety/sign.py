"""One sign that a text wants to steer the model."""

import re
from dataclasses import dataclass
from itertools import islice

FEW = r"(?:\W+[\w'-]+){0,6}?\W+"
"""Up to six words between two that belong together."""

STARTS = r"(?:^|[.!?:,;\n]\s*)"
"""Where a sentence, or a part of one, begins: there an imperative is an order."""


@dataclass(frozen=True, slots=True)
class Sign:
    """`pattern` occurs at least `times` in a text that bears it.

    `weight` is how rarely an honest question bears it: 1.0 is enough by itself.
    """

    name: str
    weight: float
    pattern: re.Pattern[str]
    times: int = 1

    def is_borne_by(self, text: str) -> bool:
        return len(list(islice(self.pattern.finditer(text), self.times))) == self.times


def sign(name: str, weight: float, *patterns: str, times: int = 1) -> Sign:
    return Sign(name, weight, re.compile("|".join(patterns), re.IGNORECASE), times)
