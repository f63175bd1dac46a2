"""Which of all signs a text bears, looking only for those that it may bear."""

from collections import defaultdict
from collections.abc import Sequence

from shared.ai.safety.needed import folded, parts_needed
from shared.ai.safety.sign import Sign

LONGEST = 4
"""Characters of a needed part by which it is looked up."""


class Sieve:
    """The patterns of all signs, by what a text has to hold for them to match it."""

    def __init__(self, signs: Sequence[Sign]) -> None:
        self._patterns = [(sign, pattern) for sign in signs for pattern in sign.patterns]
        self._always: list[int] = []
        self._by_start: defaultdict[str, list[int]] = defaultdict(list)
        for number, (_, pattern) in enumerate(self._patterns):
            parts = parts_needed(pattern)
            if not parts:
                self._always.append(number)
            for part in parts:
                self._by_start[part[:LONGEST]].append(number)
        self._starts = frozenset(self._by_start)

    def signs_of(self, text: str) -> Sequence[Sign]:
        """Return the signs that the text bears, in the order they were given."""
        borne: dict[int, Sign] = {}
        for number in self._possible(folded(text)):
            sign, pattern = self._patterns[number]
            if id(sign) not in borne and sign.is_shown_by(pattern, text):
                borne[id(sign)] = sign
        return list(borne.values())

    def _possible(self, text: str) -> Sequence[int]:
        numbers = set(self._always)
        for start in self._starts.intersection(_pieces(text)):
            numbers.update(self._by_start[start])
        return sorted(numbers)


def _pieces(text: str) -> set[str]:
    """Every piece of the text of up to `LONGEST` characters."""
    return {
        text[start : start + size]
        for size in range(1, LONGEST + 1)
        for start in range(len(text) - size + 1)
    }
