"""What a text has to hold for a pattern to match it: found by reading the pattern.

Of dozens of patterns an ordinary text can match none or two. To see which, it is enough to know
which short strings are in it.
"""

import re
from collections.abc import Iterable
from typing import Any

Parts = frozenset[str]

NOTHING: Parts = frozenset()
"""What is needed by a pattern of which nothing can be told: it has to be tried."""

_WIDTHLESS = {"AT", "ASSERT_NOT"}
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_AHEAD = 1

_SAME = str.maketrans({"ı": "i", "\u0307": None})
"""What `casefold` keeps apart and `re.IGNORECASE` does not: an i without a dot, or with another."""


def folded(text: str) -> str:
    """Return the text such that all spellings which `re.IGNORECASE` takes for equal are equal."""
    return text.casefold() if text.isascii() else text.casefold().translate(_SAME)


def parts_needed(pattern: re.Pattern[str]) -> Parts:
    """Return strings, `folded`, of which every text that the pattern matches holds one.

    The reader of patterns in `re` has no name of its own to the outside. What it does not tell
    in the way known here counts as nothing known.
    """
    try:
        from re import _parser  # type: ignore[attr-defined]

        return _of_sequence(_parser.parse(pattern.pattern, pattern.flags))
    except (ImportError, AttributeError, TypeError, ValueError):
        return NOTHING


def _of_sequence(sequence: Iterable[tuple[Any, Any]]) -> Parts:
    """All of a sequence has to be there: what tells most of it is enough."""
    found, letters = NOTHING, ""
    for op, of in sequence:
        kind = str(op)
        if kind == "LITERAL":
            letters += chr(of)
        elif kind not in _WIDTHLESS:
            found = _stricter(_stricter(found, _run(letters)), _of_one(kind, of))
            letters = ""
    return _stricter(found, _run(letters))


def _of_one(kind: str, of: Any) -> Parts:
    if kind == "SUBPATTERN":
        return _of_sequence(of[-1])
    if kind == "BRANCH":
        ways = [_of_sequence(way) for way in of[1]]
        return NOTHING.union(*ways) if all(ways) else NOTHING
    if kind in _REPEATS and of[0] > 0:
        return _of_sequence(of[2])
    if kind == "ASSERT" and of[0] == _AHEAD:
        return _of_sequence(of[1])
    return NOTHING


def _run(letters: str) -> Parts:
    return frozenset({folded(letters)}) if letters else NOTHING


def _stricter(one: Parts, other: Parts) -> Parts:
    """The parts that fewer texts hold by chance: those of which the shortest is longer."""
    if not one or not other:
        return one or other
    return one if min(map(len, one)) >= min(map(len, other)) else other
