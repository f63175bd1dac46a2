"""The functions that a query may call."""

import json
import math
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from stand_ins.cosmos.query import search
from stand_ins.cosmos.query.values import UNDEFINED, equal, is_number, type_rank


def text_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function of strings: any other argument type gives undefined."""

    def call(*arguments: Any) -> Any:
        if not all(isinstance(each, str) for each in arguments[:2]):
            return UNDEFINED
        return function(*arguments)

    return call


def folded(function: Callable[[str, str], Any]) -> Callable[..., Any]:
    """A string test with an optional third argument that ignores case."""

    def call(text: str, part: str, ignore_case: Any = False) -> Any:
        if ignore_case is True:
            text, part = text.lower(), part.lower()
        return function(text, part)

    return text_function(call)


def number_function(function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda value: function(value) if is_number(value) else UNDEFINED


def array_contains(array: Any, wanted: Any, partial: Any = False) -> Any:
    if not isinstance(array, list) or wanted is UNDEFINED:
        return UNDEFINED
    if partial is True and isinstance(wanted, dict):
        return any(
            isinstance(each, dict)
            and all(equal(each.get(key, UNDEFINED), wanted[key]) for key in wanted)
            for each in array
        )
    return any(equal(each, wanted) for each in array)


def to_string(value: Any) -> Any:
    if value is UNDEFINED or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def to_number(text: Any) -> Any:
    try:
        return float(text) if re.search(r"[.eE]", text) else int(text)
    except (TypeError, ValueError):
        return UNDEFINED


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "IS_DEFINED": lambda value: value is not UNDEFINED,
    "IS_NULL": lambda value: value is None,
    "IS_BOOL": lambda value: isinstance(value, bool),
    "IS_NUMBER": is_number,
    "IS_STRING": lambda value: isinstance(value, str),
    "IS_ARRAY": lambda value: isinstance(value, list),
    "IS_OBJECT": lambda value: isinstance(value, dict),
    "IS_PRIMITIVE": lambda value: 1 <= type_rank(value) <= 4,
    "STARTSWITH": folded(str.startswith),
    "ENDSWITH": folded(str.endswith),
    "CONTAINS": folded(lambda text, part: part in text),
    "STRINGEQUALS": folded(lambda text, other: text == other),
    "REGEXMATCH": text_function(lambda text, pattern, _="": re.search(pattern, text) is not None),
    "LOWER": text_function(str.lower),
    "UPPER": text_function(str.upper),
    "TRIM": text_function(str.strip),
    "LTRIM": text_function(str.lstrip),
    "RTRIM": text_function(str.rstrip),
    "LENGTH": text_function(len),
    "REVERSE": text_function(lambda text: text[::-1]),
    "INDEX_OF": text_function(lambda text, part: text.find(part)),
    "REPLACE": text_function(lambda text, old, new: text.replace(old, new)),
    "CONCAT": lambda *parts: (
        "".join(parts) if all(isinstance(each, str) for each in parts) else UNDEFINED
    ),
    "SUBSTRING": lambda text, start, count: (
        text[start : start + count] if isinstance(text, str) and is_number(start) else UNDEFINED
    ),
    "LEFT": lambda text, count: text[:count] if isinstance(text, str) else UNDEFINED,
    "RIGHT": lambda text, count: text[-count:] if isinstance(text, str) and count else UNDEFINED,
    "TOSTRING": to_string,
    "STRINGTONUMBER": to_number,
    "ARRAY_CONTAINS": array_contains,
    "ARRAY_LENGTH": lambda value: len(value) if isinstance(value, list) else UNDEFINED,
    **search.FUNCTIONS,
    "ABS": number_function(abs),
    "FLOOR": number_function(math.floor),
    "CEILING": number_function(math.ceil),
    "ROUND": number_function(round),
    "GETCURRENTTIMESTAMP": lambda: int(time.time() * 1000),
    "GETCURRENTDATETIME": lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
}
