"""The last look at what is logged or traced: no identifier of a person gets out."""

import re
from typing import TypeVar

from shared.text.identifiers.glance import may_hold

V = TypeVar("V")

_OWN_ID = re.compile(r"(?=[0-9-]{0,15}[a-f])[0-9a-f-]{16,}(?:[.:/][\w.:/-]{0,80})?")
"""Hashes and UUIDs, which are ours, and what is appended to them."""


def redacted(fields: dict[str, V]) -> dict[str, V]:
    """Return the fields with each identifier in their texts replaced by its kind."""
    return {
        name: hidden(value) if isinstance(value, str) else value  # type: ignore[misc]
        for name, value in fields.items()
    }


def hidden(text: str) -> str:
    """Return the text with the kind of each identifier in its place, such as `<PHONE>`."""
    if not may_hold(text) or _OWN_ID.fullmatch(text):
        return text
    from shared.text.identifiers import redaction

    return redaction.hidden(text)
