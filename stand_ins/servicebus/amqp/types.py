"""AMQP 1.0 values that Python has no type for.

A decoded number keeps its width on the wire, so that a value that is decoded and encoded again
comes out with the same type. A plain `int` is a `long`, a plain `list` a `list`.
"""

from collections.abc import Sequence
from typing import Any


class Symbol(str):
    """An AMQP symbol."""

    __slots__ = ()


class UByte(int):
    """8 bits, unsigned."""


class UShort(int):
    """16 bits, unsigned."""


class UInt(int):
    """32 bits, unsigned."""


class ULong(int):
    """64 bits, unsigned."""


class Int(int):
    """32 bits, signed."""


class Timestamp(int):
    """Milliseconds since the epoch."""


class Array(list[Any]):
    """An AMQP array: its elements share one type (symbol, string, uuid, timestamp or long)."""


class Described:
    """A value with a descriptor, such as a performative or a message section."""

    __slots__ = ("code", "value")

    def __init__(self, code: int, value: Any) -> None:
        self.code = code
        self.value = value

    def __repr__(self) -> str:
        return f"Described({self.code!r}, {self.value!r})"


def padded(fields: Sequence[Any], length: int) -> list[Any]:
    """Return the fields of a list whose last ones may have been left out, with None for those."""
    return [*fields, *[None] * (length - len(fields))]
