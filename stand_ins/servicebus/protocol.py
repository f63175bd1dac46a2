"""The codes and limits of the AMQP 1.0 transport."""

from enum import IntEnum


class Performative(IntEnum):
    """What a frame is."""

    OPEN = 0x10
    BEGIN = 0x11
    ATTACH = 0x12
    FLOW = 0x13
    TRANSFER = 0x14
    DISPOSITION = 0x15
    DETACH = 0x16
    END = 0x17
    CLOSE = 0x18


class Delivered(IntEnum):
    """The state that a delivery ends in."""

    ACCEPTED = 0x24
    REJECTED = 0x25
    RELEASED = 0x26
    MODIFIED = 0x27


class Sasl(IntEnum):
    """The frames of the security layer."""

    MECHANISMS = 0x40
    OUTCOME = 0x44


BATCH_FORMAT = 0x80013700
"""The message format of a transfer that carries several messages."""

MAX_FRAME_BYTES = 1 << 20
MAX_MESSAGE_BYTES = 1 << 20
DEFAULT_FRAME_BYTES = 65_536
FRAME_ROOM_BYTES = 512
"""Left in a frame for what describes the payload."""

WINDOW_FRAMES = 1 << 30
SENDER_CREDIT = 1_000
IDLE_TIMEOUT_MS = 240_000
