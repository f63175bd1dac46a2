"""From bytes to AMQP 1.0 values."""

import struct
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from stand_ins.servicebus.amqp.constructors import ARRAY, BINARY, LIST, MAP, STRING, SYMBOL
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

Buffer = bytes | bytearray | memoryview

# constructor byte -> (width, struct format, Python type)
FIXED: dict[int, tuple[int, str, Callable[[Any], Any]]] = {
    0x50: (1, ">B", UByte),
    0x51: (1, ">b", int),
    0x52: (1, ">B", UInt),
    0x53: (1, ">B", ULong),
    0x54: (1, ">b", Int),
    0x55: (1, ">b", int),
    0x60: (2, ">H", UShort),
    0x61: (2, ">h", int),
    0x70: (4, ">I", UInt),
    0x71: (4, ">i", Int),
    0x72: (4, ">f", float),
    0x73: (4, ">I", UInt),
    0x80: (8, ">Q", ULong),
    0x81: (8, ">q", int),
    0x82: (8, ">d", float),
    0x83: (8, ">q", Timestamp),
}
CONSTANTS: dict[int, Any] = {0x40: None, 0x41: True, 0x42: False, 0x43: UInt(0), 0x44: ULong(0)}
OPAQUE_WIDTH = {0x74: 4, 0x84: 8, 0x94: 16}  # decimals, passed through as bytes


def decode(buffer: Buffer, position: int = 0) -> tuple[Any, int]:
    """Decode one value. Return it, and the position after it."""
    constructor = buffer[position]
    position += 1
    if constructor == 0x00:
        code, position = decode(buffer, position)
        value, position = decode(buffer, position)
        return Described(code, value), position
    return _decode_body(constructor, buffer, position)


def _decode_body(constructor: int, buffer: Buffer, position: int) -> tuple[Any, int]:
    if constructor in CONSTANTS:
        return CONSTANTS[constructor], position
    if constructor == 0x45:
        return [], position
    if constructor == 0x56:
        return bool(buffer[position]), position + 1
    if constructor in FIXED:
        width, fmt, kind = FIXED[constructor]
        return kind(struct.unpack_from(fmt, buffer, position)[0]), position + width
    if constructor == 0x98:
        return uuid.UUID(bytes=bytes(buffer[position : position + 16])), position + 16
    if constructor in OPAQUE_WIDTH:
        end = position + OPAQUE_WIDTH[constructor]
        return bytes(buffer[position:end]), end
    if constructor in BINARY + STRING + SYMBOL:
        return _decode_variable(constructor, buffer, position)
    return _decode_compound(constructor, buffer, position)


def _decode_variable(constructor: int, buffer: Buffer, position: int) -> tuple[Any, int]:
    if constructor < 0xB0:
        size, position = buffer[position], position + 1
    else:
        size, position = struct.unpack_from(">I", buffer, position)[0], position + 4
    raw = bytes(buffer[position : position + size])
    position += size
    if constructor in STRING:
        return raw.decode(), position
    if constructor in SYMBOL:
        return Symbol(raw.decode()), position
    return raw, position


def _decode_compound(constructor: int, buffer: Buffer, position: int) -> tuple[Any, int]:
    if constructor in (LIST[0], MAP[0], ARRAY[0]):
        size, count = buffer[position], buffer[position + 1]
        end = position + 1 + size
        position += 2
    elif constructor in (LIST[1], MAP[1], ARRAY[1]):
        size, count = struct.unpack_from(">II", buffer, position)
        end = position + 4 + size
        position += 8
    else:
        raise ValueError(f"unknown AMQP constructor 0x{constructor:02x}")
    if constructor in ARRAY:
        element = buffer[position]
        position += 1
        if element == 0:  # described elements: keep the values only
            _, position = decode(buffer, position)
            element = buffer[position]
            position += 1
        array = Array()
        for _ in range(count):
            value, position = _decode_body(element, buffer, position)
            array.append(value)
        return array, end
    items = []
    for _ in range(count):
        value, position = decode(buffer, position)
        items.append(value)
    return (dict(zip(items[::2], items[1::2], strict=True)) if constructor in MAP else items), end


class Section(NamedTuple):
    """A section of a message: its code, as it came, and as a value."""

    code: int
    raw: bytes
    value: Any


def split_sections(payload: bytes) -> list[Section]:
    """Split an encoded message into its sections."""
    sections = []
    position = 0
    while position < len(payload):
        start = position
        section, position = decode(payload, position)
        sections.append(Section(int(section.code), bytes(payload[start:position]), section.value))
    return sections
