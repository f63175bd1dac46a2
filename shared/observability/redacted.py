"""The last look at what is logged or traced: no identifier of a person gets out."""

import re
from functools import lru_cache
from typing import TypeVar

from shared.text.identifiers.glance import may_hold

V = TypeVar("V")

_OWN_ID = re.compile(
    r"(?:[a-z0-9-]{1,60}\.[a-z]{2,12}\.)?(?=[0-9-]{0,15}[a-f])[0-9a-f-]{16,}(?:[.:/][\w.:/-]{0,80})?"
)
"""Hashes and UUIDs, which are ours, the keys of conversations, and what is appended to them."""

LONGEST_KNOWN = 80
"""Characters of a text that is looked at once and then known: a name, or an id of this turn."""

TEXTS_KNOWN = 4096


def redacted(fields: dict[str, V]) -> dict[str, V]:
    """Return the fields with each identifier in their texts replaced by its kind.

    Nearly always there is none: then they are the fields that were given.
    """
    for value in fields.values():
        if isinstance(value, str) and (len(value) > LONGEST_KNOWN or _known(value) != value):
            break
    else:
        return fields
    return {
        name: hidden(value) if isinstance(value, str) else value  # type: ignore[misc]
        for name, value in fields.items()
    }


def hidden(text: str) -> str:
    """Return the text with the kind of each identifier in its place, such as `<PHONE>`."""
    return _known(text) if len(text) <= LONGEST_KNOWN else _looked_at(text)


def _looked_at(text: str) -> str:
    if _OWN_ID.fullmatch(text) or not may_hold(text):
        return text
    from shared.text.identifiers import redaction

    return redaction.hidden(text)


_known = lru_cache(TEXTS_KNOWN)(_looked_at)
