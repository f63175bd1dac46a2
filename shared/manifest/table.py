"""A table of TOML as the dataclass that it stands for, read strictly: no unknown keys, no text for
numbers, no surrounding blanks.

A field's `metadata` holds its limits: ge, gt, le, min_length, max_length, pattern. Those of a list
or a table apply to each value in it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum, auto
from functools import cache
from sys import float_info
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")

Place = tuple[str | int, ...]
"""The keys that lead to a value, and the number of an item in a list."""


class Fault(Enum):
    MISSING = auto()
    UNKNOWN = auto()
    TYPE = auto()
    CHOICE = auto()
    PATTERN = auto()
    TOO_SHORT = auto()
    TOO_LONG = auto()
    TOO_LARGE = auto()
    TOO_SMALL = auto()
    NOT_ABOVE = auto()
    NOT_FINITE = auto()


@dataclass(frozen=True, slots=True)
class Mistake:
    """A value that is not what it has to be; `wanted` is the type, the choices or the limit."""

    fault: Fault
    place: Place
    value: object
    wanted: Any = None


class Mistaken(ValueError):
    """Every mistake of a table, in the order of its fields; unknown keys last."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


def read(kind: type[T], table: object) -> T:
    """Return a table as `kind`. Raises Mistaken."""
    reader = _Reader()
    value: T = reader.value(kind, {}, table, ())
    if reader.mistakes:
        raise Mistaken(reader.mistakes)
    return value


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


class _Reader:
    """Reads on after a mistake, and notes each; what could not be read is None."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def value(self, hint: Any, limits: Mapping[str, Any], value: Any, place: Place) -> Any:
        origin, arguments = get_origin(hint), get_args(hint)
        if NoneType in arguments:
            [inner] = [argument for argument in arguments if argument is not NoneType]
            return self.value(inner, limits, value, place)
        if origin is Literal:
            return (
                value if value in arguments else self._note(Fault.CHOICE, place, value, arguments)
            )
        kind = dict if is_dataclass(hint) else origin or hint
        if not _is_one(kind, value):
            return self._note(Fault.TYPE, place, value, kind)
        if kind is list:
            [item] = arguments
            return [self.value(item, limits, one, (*place, n)) for n, one in enumerate(value)]
        if origin is dict:
            item = arguments[1]
            return {
                name.strip(): self.value(item, limits, one, (*place, name))
                for name, one in value.items()
            }
        if kind is dict:
            return self._table(hint, value, place)
        if kind is str:
            return self._text(limits, value, place)
        return self._number(kind, limits, value, place)

    def _table(self, kind: Any, table: Mapping[str, Any], place: Place) -> Any:
        mistakes, hints, values = len(self.mistakes), _hints(kind), {}
        for field in fields(kind):
            here = (*place, field.name)
            if field.name in table:
                hint, value = hints[field.name], table[field.name]
                values[field.name] = self.value(hint, field.metadata, value, here)
            elif field.default is MISSING and field.default_factory is MISSING:
                self._note(Fault.MISSING, here, table)
        for name in table:
            if name not in hints:
                self._note(Fault.UNKNOWN, (*place, name), table[name])
        return kind(**values) if len(self.mistakes) == mistakes else None

    def _text(self, limits: Mapping[str, Any], value: str, place: Place) -> str:
        text = value.strip()
        if len(text) > limits.get("max_length", len(text)):
            self._note(Fault.TOO_LONG, place, value, limits["max_length"])
        if len(text) < limits.get("min_length", 0):
            self._note(Fault.TOO_SHORT, place, value, limits["min_length"])
        if not re.search(limits.get("pattern", ""), text):
            self._note(Fault.PATTERN, place, value, limits["pattern"])
        return text

    def _number(self, kind: type, limits: Mapping[str, Any], value: Any, place: Place) -> Any:
        if kind is float and not abs(value) <= float_info.max:
            return self._note(Fault.NOT_FINITE, place, value)
        if "le" in limits and value > limits["le"]:
            self._note(Fault.TOO_LARGE, place, value, limits["le"])
        if "ge" in limits and value < limits["ge"]:
            self._note(Fault.TOO_SMALL, place, value, limits["ge"])
        if "gt" in limits and value <= limits["gt"]:
            self._note(Fault.NOT_ABOVE, place, value, limits["gt"])
        return kind(value)

    def _note(self, fault: Fault, place: Place, value: object, wanted: Any = None) -> Any:
        self.mistakes.append(Mistake(fault, place, value, wanted))


def _is_one(kind: type, value: object) -> bool:
    """Whether a value is of a type: a whole number is any number, a boolean is none."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)
