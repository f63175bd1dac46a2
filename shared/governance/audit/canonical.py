"""One way to write a JSON value, so that its digest means the value.

Source: RFC 8785, JSON Canonicalization Scheme, for text, whole numbers, booleans and null.
"""

import json
from contextlib import suppress
from typing import Any

from shared import wire

LARGEST_NUMBER = 2**53 - 1


_WRITTEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def canonical(value: Any) -> bytes:
    """Write a value as RFC 8785 does. Raises ValueError for what its reader might take otherwise.

    Fractions are refused: none is kept on record, and their form is the hard part of the RFC.
    """
    if _is_plain(value):
        with suppress(TypeError):  # the way below says why not
            return wire.dumps_in_order(value)
    return _WRITTEN.encode(_ordered(value)).encode("utf-8")


def _is_plain(value: Any) -> bool:
    """Tell whether it is an object of texts and whole numbers by ASCII names: an entry is."""
    return type(value) is dict and all(
        type(name) is str
        and name.isascii()
        and (type(one) is str or type(one) is int or _is_plain(one))
        for name, one in value.items()
    )


def _ordered(value: Any) -> Any:
    """Put the names of every object in the order of their UTF-16 code units."""
    match value:
        case str() | bool() | None:
            return value
        case int():
            if abs(value) > LARGEST_NUMBER:
                raise ValueError("a whole number beyond 2^53 - 1")
            return value
        case dict():
            if not all(isinstance(name, str) for name in value):
                raise ValueError("a name that is no text is no JSON")
            ascii = all(map(str.isascii, value))
            names = sorted(value) if ascii else sorted(value, key=lambda n: n.encode("utf-16-be"))
            return {name: _ordered(value[name]) for name in names}
        case list() | tuple():
            return [_ordered(one) for one in value]
        case float():
            raise ValueError("a fraction has no place in a record")
    raise ValueError(f"{type(value).__name__} is no JSON value")
