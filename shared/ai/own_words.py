"""What a tool's call has of the person's own words, and what the author of the tool chose."""

import re
from collections.abc import Iterator, Mapping
from typing import Any


def values(arguments: Any) -> Iterator[str]:
    """The texts and numbers in the arguments of a call; yes, no and nothing name no target."""
    if isinstance(arguments, Mapping):
        arguments = list(arguments.values())
    if isinstance(arguments, list):
        for value in arguments:
            yield from values(value)
    elif isinstance(arguments, str | int | float) and not isinstance(arguments, bool):
        yield str(arguments)


def choices(schema: Any) -> frozenset[str]:
    """The values that the author of a tool lists, and its defaults."""
    found: set[str] = set()
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            found |= set(values(value)) if key in ("enum", "const", "default") else choices(value)
    elif isinstance(schema, list):
        found = found.union(*(choices(one) for one in schema)) if schema else found
    return frozenset(found)


def stands_in(value: str, said: str) -> bool:
    """Whether a value stands in what was said as a whole: `12` does not stand in `120`."""
    return re.search(rf"(?<!\w){re.escape(folded(value))}(?!\w)", said) is not None


def folded(text: str) -> str:
    return " ".join(text.casefold().split())
