"""Values as the query language sees them: their order, and what may be compared or added."""

import json
import math
import re
from typing import Any


class QueryError(Exception):
    """The query is wrong, or outside the supported subset. Becomes a 400."""


class Undefined:
    """The value of a missing property. Distinct from null."""

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED = Undefined()


def type_rank(value: Any) -> int:
    """Return the place of a value's type: Cosmos DB orders by type first."""
    if value is UNDEFINED:
        return 0
    if value is None:
        return 1
    if isinstance(value, bool):
        return 2
    if isinstance(value, (int, float)):
        return 3
    if isinstance(value, str):
        return 4
    return 5 if isinstance(value, list) else 6


def sort_key(value: Any) -> tuple[int, Any]:
    rank = type_rank(value)
    if rank < 2:
        return (rank, 0)
    return (rank, json.dumps(value, sort_keys=True) if rank > 4 else value)


def equal(left: Any, right: Any) -> bool:
    if type_rank(left) != type_rank(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def compare(operator: str, left: Any, right: Any) -> Any:
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    if operator in ("=", "!="):
        return equal(left, right) == (operator == "=")
    if type_rank(left) != type_rank(right) or isinstance(left, (list, dict)):
        return UNDEFINED
    left, right = sort_key(left), sort_key(right)
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[
        operator
    ]


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    if not is_number(left) or not is_number(right):
        return UNDEFINED
    if operator in "/%" and right == 0:
        return UNDEFINED
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "%":
        return (
            math.fmod(left, right)
            if isinstance(left + right, float)
            else int(math.fmod(left, right))
        )
    result = left / right
    return int(result) if result.is_integer() else result


def like(text: Any, pattern: Any) -> Any:
    if not isinstance(text, str) or not isinstance(pattern, str):
        return UNDEFINED
    parts = re.split(r"(%|_|\[[^\]]+\])", pattern)
    special = {"%": ".*", "_": "."}
    regex = "".join(
        special.get(part)
        or (part if part.startswith("[") and part.endswith("]") else re.escape(part))
        for part in parts
    )
    return re.fullmatch(regex, text, re.DOTALL) is not None
