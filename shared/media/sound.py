"""What kind of recording some bytes are, and how long it can be at the most."""

import struct

from shared.ports.speech import Deaf, Unheard

SECONDS_PER_BYTE = 1 / 500
"""Speech is not coded with less: four kilobits a second."""

_OPUS_RATE = 48_000
_AHEAD = {
    b"OggS": "ogg",
    b"RIFF": "wav",
    b"fLaC": "flac",
    b"#!AM": "amr",
    b"\x1aE\xdf\xa3": "webm",
    b"ID3": "mp3",
}
_FRAMES = {0xFA: "mp3", 0xFB: "mp3", 0xF2: "mp3", 0xF3: "mp3", 0xF1: "aac", 0xF9: "aac"}
"""The second byte of a file that begins with a frame: MPEG audio, or ADTS."""


def kind_of(content: bytes) -> str:
    """`ogg`, `wav`, `mp3`, ... whatever its name claims. Raises Unheard for no recording."""
    if not content:
        raise Unheard(Deaf.SILENT, "no bytes")
    for head, kind in _AHEAD.items():
        if content.startswith(head):
            return kind
    if content[4:8] == b"ftyp":
        return "m4a"
    if content[:1] == b"\xff" and (kind := _FRAMES.get(content[1] if content[1:] else 0, "")):
        return kind
    raise Unheard(Deaf.UNKNOWN, "no kind of recording")


def longest_seconds(content: bytes) -> float:
    """An upper bound of how long it is; by its size, where the container does not tell."""
    by_size = len(content) * SECONDS_PER_BYTE
    if content.startswith(b"RIFF"):
        return _wav(content) or by_size
    return max(_ogg(content), by_size) if content.startswith(b"OggS") else by_size


def _wav(content: bytes) -> float:
    """By the bytes there are and their rate: what the header says of the length may be a lie."""
    if content[8:16] != b"WAVEfmt " or len(content) < 36:
        return 0.0
    (rate,) = struct.unpack_from("<I", content, 28)
    return len(content) / rate if rate else 0.0


def _ogg(content: bytes) -> float:
    """By the position that its last page ends at, at the rate of Opus (RFC 7845)."""
    last = content.rfind(b"OggS")
    if len(content) < last + 14:
        return 0.0
    (granule,) = struct.unpack_from("<q", content, last + 6)
    return granule / _OPUS_RATE if granule > 0 else 0.0
