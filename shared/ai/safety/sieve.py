"""Which of all signs a text bears, looking only for those that it may bear."""

from collections import defaultdict
from collections.abc import Sequence

from shared.ai.safety.needed import folded, parts_needed
from shared.ai.safety.sign import Sign

GRAM = 4
"""Characters by which a needed part is looked up; shorter ones are searched for one by one."""


class Sieve:
    """The patterns of all signs, by what a text has to hold for them to match it."""

    def __init__(self, signs: Sequence[Sign]) -> None:
        self._patterns = [(sign, pattern) for sign in signs for pattern in sign.patterns]
        self._always: list[int] = []
        self._by_gram: defaultdict[str, list[int]] = defaultdict(list)
        self._by_short: defaultdict[str, list[int]] = defaultdict(list)
        for number, (_, pattern) in enumerate(self._patterns):
            parts = parts_needed(pattern)
            if not parts:
                self._always.append(number)
            for part in parts:
                by = self._by_gram if len(part) >= GRAM else self._by_short
                by[part[:GRAM]].append(number)
        self._grams = frozenset(self._by_gram)

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
        for gram in self._grams.intersection(_grams(text)):
            numbers.update(self._by_gram[gram])
        for part, patterns in self._by_short.items():
            if part in text:
                numbers.update(patterns)
        return sorted(numbers)


def _grams(text: str) -> set[str]:
    return {text[start : start + GRAM] for start in range(len(text) - GRAM + 1)}
