"""From values to bytes: the Python type decides the AMQP type."""

import struct
import uuid
from collections.abc import Callable
from typing import Any

from stand_ins.servicebus.amqp.constructors import BINARY, LIST, MAP, STRING, SYMBOL
from stand_ins.servicebus.amqp.types import (
    Array,
    Described,
    Int,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)


def encode(value: Any) -> bytes:
    """Encode one value. Raise TypeError for one that AMQP has no type for."""
    kind = type(value)
    if encoder := _ENCODERS.get(kind):
        return encoder(value)
    if isinstance(value, (list, tuple)):
        return _compound(LIST, len(value), b"".join(map(encode, value))) if value else b"\x45"
    if isinstance(value, dict):
        pairs = b"".join(encode(key) + encode(item) for key, item in value.items())
        return _compound(MAP, 2 * len(value), pairs)
    raise TypeError(f"cannot encode {kind.__name__} as AMQP")


def _fixed(constructor: int, form: str) -> Callable[[Any], bytes]:
    packed = struct.Struct(f">B{form}")
    return lambda value: packed.pack(constructor, value)


def _unsigned(zero: bytes, small: int, large: int, form: str) -> Callable[[int], bytes]:
    """The shortest of three forms."""
    packed = struct.Struct(f">B{form}")

    def encoder(value: int) -> bytes:
        if value == 0:
            return zero
        return bytes([small, value]) if value < 256 else packed.pack(large, value)

    return encoder


def _variable(constructors: tuple[int, int], raw: bytes) -> bytes:
    if len(raw) < 256:
        return bytes([constructors[0], len(raw)]) + raw
    return struct.pack(">BI", constructors[1], len(raw)) + raw


def _compound(constructors: tuple[int, int], count: int, body: bytes) -> bytes:
    if len(body) < 255 and count < 256:
        return bytes([constructors[0], len(body) + 1, count]) + body
    return struct.pack(">BII", constructors[1], len(body) + 4, count) + body


def _array(items: Array) -> bytes:
    first = items[0] if items else 0
    if isinstance(first, uuid.UUID):
        body = b"\x98" + b"".join(item.bytes for item in items)
    elif isinstance(first, str):
        constructor = b"\xb3" if isinstance(first, Symbol) else b"\xb1"
        raw = [item.encode() for item in items]
        body = constructor + b"".join(struct.pack(">I", len(item)) + item for item in raw)
    else:
        constructor = b"\x83" if isinstance(first, Timestamp) else b"\x81"
        body = constructor + b"".join(struct.pack(">q", item) for item in items)
    return struct.pack(">BII", 0xF0, len(body) + 4, len(items)) + body


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"\x40",
    bool: lambda value: b"\x41" if value else b"\x42",
    Described: lambda value: b"\x00" + encode(value.code) + encode(value.value),
    UInt: _unsigned(b"\x43", 0x52, 0x70, "I"),
    ULong: _unsigned(b"\x44", 0x53, 0x80, "Q"),
    UByte: _fixed(0x50, "B"),
    UShort: _fixed(0x60, "H"),
    Int: _fixed(0x71, "i"),
    Timestamp: _fixed(0x83, "q"),
    int: _fixed(0x81, "q"),
    float: _fixed(0x82, "d"),
    Symbol: lambda value: _variable(SYMBOL, value.encode()),
    str: lambda value: _variable(STRING, value.encode()),
    bytes: lambda value: _variable(BINARY, value),
    bytearray: lambda value: _variable(BINARY, bytes(value)),
    memoryview: lambda value: _variable(BINARY, bytes(value)),
    uuid.UUID: lambda value: b"\x98" + value.bytes,
    Array: _array,
}
