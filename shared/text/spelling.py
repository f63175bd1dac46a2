"""Typing errors put right by the words that a collection of texts has."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from shared.text.languages import is_small_word
from shared.text.words import STOPWORDS, words

SHORTEST = 4
"""Letters of a word from which one error in it is put right."""

WEIGHTY = 6
"""Letters from which a small word, such as "refund", is one that others may be meant as."""

QUESTIONS = frozenset({"what", "when", "where", "which", "who", "how", "why"})
"""Words that a short one with an error in it may be."""

LONG = 7
"""Letters of a word from which two are."""

LONGEST = 20
"""Letters of a word that may be a misspelt one."""

LONGEST_TEXT = 300
"""Characters of a text that is put right."""

REMEMBERED = 4096
"""Misspelt words that are kept with what they mean."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = re.compile(r"[^\W\d_]+")


class Spelling:
    """Knows the words of texts, and how often each is there."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._known: Mapping[str, int] = Counter(
            word
            for text in texts
            for word in words(text)
            if word not in STOPWORDS and (len(word) >= WEIGHTY or not is_small_word(word))
        )
        self._by_first: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._known:
            if len(word) >= LONG:
                self._by_first[word[0]].append(word)
        self._cache: dict[str, str] = {}

    def corrected(self, text: str, is_word: Callable[[str], bool] = lambda word: False) -> str:
        """The text with each word that nobody writes replaced by the likeliest one that is.

        A long text is left as it is: it has words enough that are right. `is_word` may know more
        words than the texts have.
        """
        if len(text) > LONGEST_TEXT:
            return text
        return _WORD.sub(
            lambda found: found[0] if is_word(found[0].casefold()) else self._corrected(found[0]),
            text,
        )

    def _corrected(self, word: str) -> str:
        said = word.casefold()
        if not SHORTEST - 1 <= len(said) <= LONGEST or not said.isascii() or word.isupper():
            return word
        if said in self._known or said in STOPWORDS or is_small_word(said):
            return word
        if said not in self._cache:
            known = self._known if len(said) >= SHORTEST else QUESTIONS
            near = [other for other in edits(said) if other in known or other in QUESTIONS]
            if not near and len(said) >= LONG:
                near = [other for other in self._by_first[said[0]] if _differ(said, other) <= 2]
            if len(self._cache) > REMEMBERED:
                self._cache.clear()
            self._cache[said] = max(
                near,
                key=lambda other: (other[0] == said[0], self._known.get(other, 0)),
                default=word,
            )
        return self._cache[said]


def _differ(one: str, other: str) -> int:
    """How many letters were left out, changed or added; 3 for more than two."""
    if abs(len(one) - len(other)) > 2:
        return 3
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before, row = row, [i]
        for j, letter_there in enumerate(other, start=1):
            change = before[j - 1] + (letter != letter_there)
            row.append(min(change, before[j] + 1, row[j - 1] + 1))
    return min(row[-1], 3)


def edits(word: str) -> Iterator[str]:
    """Words that differ by one letter left out, changed or added, or two swapped."""
    for i in range(len(word) + 1):
        head, tail = word[:i], word[i:]
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in _LETTERS)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        yield from (head + letter + tail for letter in _LETTERS)
