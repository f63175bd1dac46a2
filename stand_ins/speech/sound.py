"""Recordings with their text in them: silence to the ear, words to the stand-in.

A WAV file carries the text in a `LIST` chunk, an Ogg Opus file in its comments (RFC 7845), where
players show the title.
"""

import io
import wave
from dataclasses import dataclass
from typing import Literal

RATE = 8_000
OPUS_RATE = 48_000
_PRE_SKIP = 312
_SAID, _LANGUAGE = b"SAID=", b"LANGUAGE="
_POLYNOMIAL = 0x04C11DB7


@dataclass(frozen=True, slots=True)
class Recording:
    """`language` is "" when nobody can tell it."""

    text: str
    seconds: float
    language: str = "en-US"


class NoRecording(ValueError):
    """The bytes are no recording of ours."""


def record(recording: Recording, kind: Literal["wav", "ogg"] = "ogg") -> bytes:
    return _wav(recording) if kind == "wav" else _ogg(recording)


def play(content: bytes) -> Recording:
    """Raises NoRecording."""
    said, language = _field(content, _SAID), _field(content, _LANGUAGE)
    if content.startswith(b"OggS"):
        last = content.rindex(b"OggS")
        granule = int.from_bytes(content[last + 6 : last + 14], "little")
        return Recording(said, max(0, granule - _PRE_SKIP) / OPUS_RATE, language)
    if content.startswith(b"RIFF") and content[8:12] == b"WAVE":
        with wave.open(io.BytesIO(content)) as sound:
            return Recording(said, sound.getnframes() / sound.getframerate(), language)
    raise NoRecording("neither WAV nor Ogg")


def _field(content: bytes, name: bytes) -> str:
    """The value behind a name, up to the zero that ends it."""
    start = content.find(name)
    return content[start + len(name) :].partition(b"\0")[0].decode() if start >= 0 else ""


def _fields(recording: Recording) -> bytes:
    said, language = recording.text.encode(), recording.language.encode()
    return _SAID + said + b"\0" + _LANGUAGE + language + b"\0"


def _wav(recording: Recording) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(RATE)
        sound.writeframes(bytes([128]) * round(recording.seconds * RATE))
    info = b"INFOICMT" + _sized(_fields(recording))
    whole = made.getvalue() + b"LIST" + _sized(info)
    return b"RIFF" + (len(whole) - 8).to_bytes(4, "little") + whole[8:]


def _sized(content: bytes) -> bytes:
    """Content behind its length, padded to an even one."""
    return len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def _ogg(recording: Recording) -> bytes:
    head = b"OpusHead\1\1" + _PRE_SKIP.to_bytes(2, "little") + OPUS_RATE.to_bytes(4, "little")
    comment = _fields(recording)
    tags = b"OpusTags" + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
    tags += len(comment).to_bytes(4, "little") + comment
    frames = _PRE_SKIP + round(recording.seconds * OPUS_RATE)
    pages = ((2, 0, head + b"\0\0\0"), (0, 0, tags), (4, frames, b"\xf8\xff\xfe"))
    return b"".join(_page(kind, granule, n, body) for n, (kind, granule, body) in enumerate(pages))


def _page(kind: int, granule: int, number: int, body: bytes) -> bytes:
    """One page with one packet (RFC 3533)."""
    lacing = bytes([255] * (len(body) // 255) + [len(body) % 255])
    head = b"OggS\0" + bytes([kind]) + granule.to_bytes(8, "little") + b"\1\0\0\0"
    head += number.to_bytes(4, "little")
    rest = bytes([len(lacing)]) + lacing + body
    return head + _checksum(head + bytes(4) + rest).to_bytes(4, "little") + rest


def _checksum(content: bytes) -> int:
    crc = 0
    for byte in content:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (_POLYNOMIAL if crc & 0x8000_0000 else 0)) & 0xFFFF_FFFF
    return crc
