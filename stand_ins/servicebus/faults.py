"""Seeded troubles of the broker."""

import random
from collections import Counter

SETTLEMENTS_LOST, DUPLICATES_MADE = "settlementsLost", "duplicatesMade"
CONNECTIONS_DROPPED = "connectionsDropped"


class Faults:
    """Each kind draws from a generator of its own, so that one does not shift the other."""

    def __init__(
        self,
        lose_settlement_rate: float = 0.0,
        duplicate_rate: float = 0.0,
        seed: int | None = None,
    ) -> None:
        self._rates = {SETTLEMENTS_LOST: lose_settlement_rate, DUPLICATES_MADE: duplicate_rate}
        self._draws = {
            kind: random.Random(None if seed is None else f"{seed}-{kind}") for kind in self._rates
        }
        self.counts = Counter({SETTLEMENTS_LOST: 0, DUPLICATES_MADE: 0, CONNECTIONS_DROPPED: 0})

    def befalls(self, kind: str) -> bool:
        """Draw whether this trouble comes now, and count it."""
        hit = self._draws[kind].random() < self._rates[kind]
        self.counts[kind] += hit
        return hit
