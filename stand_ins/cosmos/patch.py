"""Partial updates of a document."""

import copy
from typing import Any

from stand_ins.cosmos.errors import Failure
from stand_ins.cosmos.query.parser import parse
from stand_ins.cosmos.query.rows import run
from stand_ins.cosmos.query.values import is_number
from stand_ins.cosmos.resources import SYSTEM, Json

MAX_PATCH = 10


def patched(before: Json, request: Json) -> Json:
    """Apply a patch request to a copy of the document."""
    operations = request.get("operations") or []
    if not operations or len(operations) > MAX_PATCH:
        raise Failure(400, f"A patch needs 1 to {MAX_PATCH} operations.")
    if request.get("condition"):
        condition = parse("SELECT * " + request["condition"])
        if not run(condition, [(0, before)], {}):
            raise Failure(412, "One of the specified pre-condition is not met.")
    body = copy.deepcopy(before)
    for operation in operations:
        path = [
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        ]
        if not path or path[0] in (*SYSTEM, "id"):
            raise Failure(400, f"Path '{operation['path']}' cannot be patched.")
        patch_one(body, operation["op"].lower(), path, operation)
    return body


def patch_one(body: Any, kind: str, path: list[str], operation: Json) -> None:
    parent = body
    for part in path[:-1]:
        parent = child(parent, part)
    last = path[-1]
    if kind == "move":
        source = operation["from"].split("/")[1:]
        value = body
        for part in source:
            value = child(value, part)
        patch_one(body, "remove", source, {})
        patch_one(body, "add", path, {"value": value})
    elif isinstance(parent, list):
        patch_array(parent, kind, last, operation.get("value"))
    elif not isinstance(parent, dict):
        raise Failure(400, "The path of a patch operation does not exist.")
    elif kind in ("add", "set"):
        parent[last] = operation.get("value")
    elif kind == "incr":
        if not is_number(parent.get(last, 0)) or not is_number(operation.get("value")):
            raise Failure(400, "Only numbers can be incremented.")
        parent[last] = parent.get(last, 0) + operation["value"]
    elif last not in parent:
        raise Failure(400, f"The path to {kind} does not exist.")
    elif kind == "replace":
        parent[last] = operation.get("value")
    elif kind == "remove":
        del parent[last]
    else:
        raise Failure(400, f"Unknown patch operation '{kind}'.")


def patch_array(array: list[Any], kind: str, last: str, value: Any) -> None:
    index = len(array) if last == "-" else int(last) if last.isdigit() else -1
    if kind == "add" and 0 <= index <= len(array):
        array.insert(index, value)
    elif not 0 <= index < len(array):
        raise Failure(400, "The array index of a patch operation is out of range.")
    elif kind == "remove":
        del array[index]
    elif kind in ("set", "replace"):
        array[index] = value
    elif kind == "incr" and is_number(array[index]):
        array[index] += value
    else:
        raise Failure(400, f"Cannot {kind} an array element.")


def child(value: Any, part: str) -> Any:
    if isinstance(value, dict) and part in value:
        return value[part]
    if isinstance(value, list) and part.isdigit() and int(part) < len(value):
        return value[int(part)]
    raise Failure(400, "The path of a patch operation does not exist.")
