"""The JSON Schema of each TOML file, from the dataclass that it is read into, for editors.

What an editor marks is what the start refuses in shape; rules between keys are left to the start.
Draft 7, which Taplo reads.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from shared.bot import Bot
from shared.governance.department import Department
from shared.governance.prices import Price
from shared.manifest import access, apps, backends, bots, policy, webhooks
from shared.sources.declaration import Declaration

DRAFT = "http://json-schema.org/draft-07/schema#"

_VARIABLE = {"type": "string", "pattern": r"^\$[A-Za-z_][A-Za-z0-9_]*$"}
"""`"$NAME"`: read from the environment when the app starts."""

_LIMITS = {
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
}
_TYPES = {str: "string", date: "string", int: "integer", float: "number", bool: "boolean"}

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TomlFile:
    """One kind of file: what its tables are read into, and how they stand in it.

    `rows` is the name of `[[rows]]`; `named` means that each table has a name of its own. A
    `numbers` key may also name a variable.
    """

    title: str
    root: type
    rows: str = ""
    named: str = ""
    numbers: Collection[str] = ()


FILES = {
    "bot": TomlFile("A bot", Bot, numbers=bots.NUMBERS),
    "backends": TomlFile(
        "Systems that skills call",
        backends.Declaration,
        named=backends.NAME,
        numbers=backends.NUMBERS,
    ),
    "prices": TomlFile("What things cost", Price, rows="price"),
    "access": TomlFile("Who may operate and call what", access.Tables),
    "departments": TomlFile("Departments and their budgets", Department, rows="department"),
    "policy": TomlFile("What the organisation demands of manifests", policy.Declared),
    "apps": TomlFile("Apps of their own", apps.Declared, rows="app"),
    "webhooks": TomlFile("Facts out and in", webhooks.Declared),
    "sources": TomlFile("Where a collection's articles come from", Declaration, rows="source"),
}
"""Every TOML file of the platform, by the name of its schema."""


def schema_of(file: TomlFile) -> Schema:
    """The whole schema of a file."""
    table = _table(file.root, file.numbers)
    head: Schema = {"$schema": DRAFT, "title": file.title}
    if file.rows:
        body: Schema = {
            "type": "object",
            "properties": {file.rows: {"type": "array", "items": table}},
            "additionalProperties": False,
        }
    elif file.named:
        names = {"pattern": f"^{file.named}$"}
        body = {"type": "object", "propertyNames": names, "additionalProperties": table}
    else:
        body = table
    return head | body


def _table(cls: type, numbers: Collection[str]) -> Schema:
    hints = get_type_hints(cls)
    return {
        "type": "object",
        "description": _described(cls),
        "properties": {
            field.name: _value(hints[field.name], field, numbers) for field in fields(cls)
        },
        "required": [
            field.name
            for field in fields(cls)
            if field.default is MISSING and field.default_factory is MISSING
        ],
        "additionalProperties": False,
    }


def _described(cls: type) -> str:
    """The docstring as one line; not the signature that Python gives a dataclass without one."""
    text = " ".join((cls.__doc__ or "").split())
    return "" if text.startswith(f"{cls.__name__}(") else text


def _value(hint: Any, field: Field[Any], numbers: Collection[str]) -> Schema:
    """Limits of a list or a table apply to each value in it; a default is told where it is one."""
    schema = _typed(hint, dict(field.metadata), field.name in numbers, numbers)
    if isinstance(field.default, str | int | float) and field.default != "":
        schema["default"] = field.default
    return schema


def _typed(hint: Any, limits: dict[str, Any], number: bool, numbers: Collection[str]) -> Schema:
    origin, arguments = get_origin(hint), get_args(hint)
    if NoneType in arguments:
        [inner] = [argument for argument in arguments if argument is not NoneType]
        return _typed(inner, limits, number, numbers)
    if origin is Literal:
        return {"anyOf": [{"enum": list(arguments)}, _VARIABLE]}
    if origin in (list, Sequence):
        return {"type": "array", "items": _typed(arguments[0], limits, number, numbers)}
    if origin in (dict, Mapping):
        inner = _typed(arguments[1], limits, number, numbers)
        return {"type": "object", "additionalProperties": inner}
    if is_dataclass(hint) and isinstance(hint, type):
        return _table(hint, numbers)
    plain: Schema = {"type": _TYPES[hint]}
    plain |= {_LIMITS[name]: limit for name, limit in limits.items() if name in _LIMITS}
    if number or "pattern" in plain:
        return {"anyOf": [plain, _VARIABLE]}
    return plain
