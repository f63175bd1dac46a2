"""One stored message: the sections of its sender as they came, and what the broker adds."""

import copy
import time
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Self
from uuid import UUID

from stand_ins.servicebus.amqp.decode import decode, split_sections
from stand_ins.servicebus.amqp.encode import encode
from stand_ins.servicebus.amqp.types import Described, Int, Symbol, Timestamp, UInt, ULong, padded
from stand_ins.servicebus.consumer import Consumer


class Part(IntEnum):
    """The code of a section."""

    HEADER = 0x70
    DELIVERY_ANNOTATIONS = 0x71
    ANNOTATIONS = 0x72
    PROPERTIES = 0x73
    APPLICATION_PROPERTIES = 0x74
    DATA = 0x75
    VALUE = 0x77


class State(IntEnum):
    """As `x-opt-message-state` says it."""

    ACTIVE = 0
    DEFERRED = 1
    SCHEDULED = 2


SCHEDULED_TIME = Symbol("x-opt-scheduled-enqueue-time")


def now_ms() -> int:
    """Milliseconds since the epoch, as times of messages are."""
    return int(time.time() * 1000)


def section(part: Part, value: Any) -> bytes:
    return encode(Described(ULong(part), value))


class Message:
    """`bare` are its sections from the properties on, with their codes, byte for byte."""

    def __init__(self, payload: bytes) -> None:
        header: list[Any] = []
        properties: list[Any] = []
        self.annotations: dict[Any, Any] = {}
        self.bare: list[tuple[int, bytes]] = []
        for code, raw, value in split_sections(payload):
            if code == Part.HEADER:
                header = value
            elif code == Part.ANNOTATIONS:
                self.annotations = value
            elif code != Part.DELIVERY_ANNOTATIONS:
                if code == Part.PROPERTIES:
                    properties = value
                self.bare.append((code, raw))
        header, properties = padded(header, 5), padded(properties, 13)
        self.durable: bool | None = header[0]
        self.ttl: int | None = header[2]
        self.message_id: Any = properties[0]
        self.session: str | None = properties[10]
        self.scheduled_for: int | None = self.annotations.get(SCHEDULED_TIME)
        self.sequence = self.enqueued_sequence = 0
        self.state = State.ACTIVE
        self.delivery_count = 0
        self.enqueued_at = now_ms()
        self.expires_at: int | None = None
        self.token: UUID | None = None
        """Of its lock, while it is locked."""
        self.locked_until = 0
        self.holder: Consumer | None = None
        """Who received it under its lock."""
        self.dead_letter_source: str | None = None

    def copy(self) -> Self:
        twin = copy.copy(self)
        twin.bare = list(self.bare)
        return twin

    def add_application_properties(self, extra: Mapping[str, Any]) -> None:
        code = Part.APPLICATION_PROPERTIES
        current = next((raw for part, raw in self.bare if part == code), None)
        merged = {**(decode(current)[0].value if current else {}), **extra}
        self.bare = [part for part in self.bare if part[0] != code]
        self.bare.append((code, section(code, merged)))
        self.bare.sort(key=lambda part: part[0])

    def encoded(self, *, peek: bool = False) -> bytes:
        """Return the message as a receiver gets it; one that peeks sees no lock."""
        annotations = {
            **self.annotations,
            Symbol("x-opt-sequence-number"): self.sequence,
            Symbol("x-opt-enqueue-sequence-number"): self.enqueued_sequence,
            Symbol("x-opt-enqueued-time"): Timestamp(self.enqueued_at),
            Symbol("x-opt-message-state"): Int(self.state),
        }
        if self.locked_until and not peek:
            annotations[Symbol("x-opt-locked-until")] = Timestamp(self.locked_until)
        if self.dead_letter_source:
            annotations[Symbol("x-opt-deadletter-source")] = self.dead_letter_source
        ttl = UInt(self.ttl) if self.ttl else None
        header = [self.durable, None, ttl, None, UInt(self.delivery_count)]
        parts = [section(Part.HEADER, header)]
        if self.token and not peek:
            token = {Symbol("x-opt-lock-token"): self.token}
            parts.append(section(Part.DELIVERY_ANNOTATIONS, token))
        parts.append(section(Part.ANNOTATIONS, annotations))
        return b"".join([*parts, *(raw for _, raw in self.bare)])
