"""Where a partition key lies in the hash space of a container."""

import struct
from collections.abc import Sequence
from typing import Any

from stand_ins.cosmos.errors import Failure


def murmur3_128(data: bytes) -> bytes:
    """MurmurHash3 x64 128 with seed 0, the hash of partition key version 2."""
    mask = (1 << 64) - 1
    c1, c2 = 0x87C37B91114253D5, 0x4CF5AD432745937F

    def rotate(value: int, bits: int) -> int:
        return ((value << bits) | (value >> (64 - bits))) & mask

    def finish(value: int) -> int:
        value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCD & mask
        value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53 & mask
        return value ^ (value >> 33)

    h1 = h2 = 0
    whole = len(data) // 16 * 16
    for start in range(0, whole, 16):
        k1, k2 = struct.unpack_from("<QQ", data, start)
        h1 ^= rotate(k1 * c1 & mask, 31) * c2 & mask
        h1 = ((rotate(h1, 27) + h2) * 5 + 0x52DCE729) & mask
        h2 ^= rotate(k2 * c2 & mask, 33) * c1 & mask
        h2 = ((rotate(h2, 31) + h1) * 5 + 0x38495AB5) & mask
    tail = data[whole:].ljust(16, b"\0")
    k1, k2 = struct.unpack("<QQ", tail)
    h2 ^= rotate(k2 * c2 & mask, 33) * c1 & mask
    h1 ^= rotate(k1 * c1 & mask, 31) * c2 & mask
    h1 ^= len(data)
    h2 ^= len(data)
    h1 = (h1 + h2) & mask
    h2 = (h2 + h1) & mask
    h1, h2 = finish(h1), finish(h2)
    h1 = (h1 + h2) & mask
    h2 = (h2 + h1) & mask
    return h1.to_bytes(8, "little") + h2.to_bytes(8, "little")


def hash_input(value: Any) -> bytes:
    if value == {} and isinstance(value, dict):
        return b"\x00"  # undefined
    if value is None:
        return b"\x01"
    if isinstance(value, bool):
        return b"\x03" if value else b"\x02"
    if isinstance(value, (int, float)):
        return b"\x05" + struct.pack("<d", value)
    if isinstance(value, str):
        return b"\x08" + value.encode() + b"\xff"
    raise Failure(400, "Partition key values must be strings, numbers, booleans or null.")


def effective_key(values: Sequence[Any], hierarchical: bool) -> str:
    """The effective partition key: upper-case hex that places an item in the hash space."""

    def hashed(data: bytes) -> str:
        digest = bytearray(murmur3_128(data)[::-1])
        digest[0] &= 0x3F
        return digest.hex().upper()

    if hierarchical:
        return "".join(hashed(hash_input(value)) for value in values)
    return hashed(b"".join(hash_input(value) for value in values))
