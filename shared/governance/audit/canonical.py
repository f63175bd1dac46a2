"""One way to write a JSON value, so that its digest means the value.

Source: RFC 8785, JSON Canonicalization Scheme, for text, whole numbers, booleans and null.
"""

import json
from typing import Any

LARGEST_NUMBER = 2**53 - 1


def canonical(value: Any) -> bytes:
    """Write a value as RFC 8785 does. Raises ValueError for what its reader might take otherwise.

    Fractions are refused: none is kept on record, and their form is the hard part of the RFC.
    """
    return _text(value).encode("utf-8")


def _text(value: Any) -> str:
    match value:
        case dict():
            names = sorted(value, key=lambda name: name.encode("utf-16-be"))
            return "{" + ",".join(f"{_text(name)}:{_text(value[name])}" for name in names) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_text, value)) + "]"
        case float():
            raise ValueError("a fraction has no place in a record")
        case int() if not isinstance(value, bool) and abs(value) > LARGEST_NUMBER:
            raise ValueError("a whole number beyond 2^53 - 1")
        case str() | int() | None:
            return json.dumps(value, ensure_ascii=False)
    raise ValueError(f"{type(value).__name__} is no JSON value")
