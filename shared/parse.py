"""The hardened JSON parser for whatever a stranger sends."""

import json
from typing import Any

from shared.errors import Rejected

MAX_DEPTH = 48
LARGEST = 2**63
DEEPEST = 200
"""Levels of nesting of what is stored; a store's parser takes about 250."""


def json_object(body: bytes, *, cap: int) -> dict[str, Any]:
    """Parse a request body that must be one JSON object of at most `cap` bytes.

    Strict UTF-8 without BOM; no NaN, Infinity, duplicate keys, overlong numbers or deep
    nesting. Lone surrogates become U+FFFD, because storage and models cannot take them.
    Raises Rejected: 413 over the cap, 400 otherwise.
    """
    if len(body) > cap:
        raise Rejected(413, "body_too_large")
    if not body.strip():
        raise Rejected(400, "empty_body")
    try:
        text = body.decode("utf-8")
        value = _STRICT.decode(text)
    except (ValueError, RecursionError) as error:
        raise Rejected(400, "malformed_json") from error
    if not isinstance(value, dict):
        raise Rejected(400, "not_an_object")
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise Rejected(400, "nested_too_deeply")
    if "\\ud" in text or "\\uD" in text:
        return {storable(key): storable(item) for key, item in value.items()}
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("number out of range")
    return number


def _bounded(digits: str) -> int:
    number = int(digits)
    if not -LARGEST <= number < LARGEST:
        raise ValueError("number out of range")
    return number


_STRICT = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite, parse_int=_bounded
)


def _depth(value: Any) -> int:
    """Levels of nesting, counted without recursion and only as far as it matters."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
    return depth


def storable(value: Any) -> Any:
    """The same JSON as every store and model takes it, whoever sent it.

    A lone surrogate becomes U+FFFD, an integer over 64 bits its digits as text; a pair of
    surrogates, as text cut and joined again has them, the character that they stand for. Raises
    ValueError for what is nested over `DEEPEST`.
    """
    return _storable(value, 0)


def _storable(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case bool():
            return value
        case int():
            return value if -LARGEST <= value < LARGEST else str(value)
        case list() | tuple():
            return [_storable(item, depth + 1) for item in value]
        case dict():
            return {
                _storable(key, depth): _storable(item, depth + 1) for key, item in value.items()
            }
    return value
