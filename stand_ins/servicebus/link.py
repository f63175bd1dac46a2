"""The broker's end of a client's link, and the AMQP session it is in."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID, uuid4

from stand_ins.servicebus.amqp.types import Symbol, UInt, ULong, padded
from stand_ins.servicebus.errors import VENDOR, AmqpError, timed_out
from stand_ins.servicebus.message import Message
from stand_ins.servicebus.node import Node
from stand_ins.servicebus.protocol import (
    FRAME_ROOM_BYTES,
    MAX_MESSAGE_BYTES,
    SENDER_CREDIT,
    WINDOW_FRAMES,
    Performative,
)
from stand_ins.servicebus.queue import Queue

SESSION_FILTER = Symbol(VENDOR + "session-filter")
LOCKED_UNTIL = Symbol(VENDOR + "locked-until-utc")
WAIT_MS = Symbol(VENDOR + "timeout")
DEFAULT_WAIT_MS = 65_000
"""A receiver waits so long for the next session, unless it says otherwise."""

TICKS_AT_EPOCH = 621_355_968_000_000_000
"""Of .NET, each 100 ns, at 1970-01-01."""

CBS = "$cbs"
MANAGEMENT_SUFFIX = "/$management"
SOURCE, TARGET = 5, 6
"""Fields of an attach."""

log = logging.getLogger(__name__)


class Frames(Protocol):
    """A connection, as a link sees it."""

    remote_max_frame: int

    def frame(
        self, channel: int, code: Performative, fields: Sequence[Any], payload: bytes = b""
    ) -> None: ...


class Session:
    """An AMQP session (a channel), not a messaging session."""

    def __init__(self, connection: Frames, channel: int, next_incoming: int) -> None:
        self.connection = connection
        self.channel = channel
        self.next_outgoing = 0
        self.next_incoming = next_incoming
        self.links: dict[int, Link] = {}
        self.unsettled: dict[int, tuple[Link, UUID]] = {}
        """Deliveries by id, with the token of their lock."""

    def window(self) -> list[UInt]:
        window = UInt(WINDOW_FRAMES)
        return [UInt(self.next_incoming), window, UInt(self.next_outgoing), window]


class Link:
    """`to_client` where the client receives. A receiver of a queue is its `Consumer`."""

    def __init__(self, session: Session, attach: Sequence[Any]) -> None:
        self.session = session
        self.attach = padded(attach, 14)
        self.name: str = self.attach[0]
        self.handle, self.to_client = int(self.attach[1]), bool(self.attach[2])
        self.pre_settled = self.attach[3] == 1
        self.address: str = self.attach[SOURCE if self.to_client else TARGET].value[0]
        self.is_cbs = self.address.endswith(CBS)
        self.is_management = self.address.lower().endswith(MANAGEMENT_SUFFIX)
        self.node: Node | None = None
        self.session_id: str | None = None
        self.credit = 0
        self.delivery_count = 0
        self.buffer = bytearray()
        self.delivery_id = 0
        self.message_format = 0
        self._timeout: asyncio.TimerHandle | None = None

    @property
    def is_entity(self) -> bool:
        return not (self.is_cbs or self.is_management)

    @property
    def path(self) -> str:
        """Return the address of its entity, also for its management."""
        length = len(MANAGEMENT_SUFFIX) if self.is_management else 0
        return self.address[: len(self.address) - length]

    @property
    def filters(self) -> Mapping[Any, Any]:
        return padded(self.attach[SOURCE].value, 8)[7] or {}

    def frame(self, code: Performative, fields: Sequence[Any], payload: bytes = b"") -> None:
        self.session.connection.frame(self.session.channel, code, fields, payload)

    # --- attaching and detaching

    def reply_attach(self, properties: Mapping[Any, Any] | None = None) -> None:
        name, handle, role, snd_mode, rcv_mode, source, target = self.attach[:7]
        count = UInt(0) if self.to_client else None
        fields = [name, UInt(handle), not role, snd_mode, rcv_mode, source, target, None, None]
        most = ULong(MAX_MESSAGE_BYTES)
        self.frame(Performative.ATTACH, [*fields, count, most, None, None, properties])

    def accepted(self) -> None:
        """Finish attaching; a session's receiver learns which it has, and until when."""
        self._stop_waiting()
        properties = None
        assert isinstance(self.node, Queue)  # noqa: S101 -- topics refuse receivers
        if self.session_id is not None:
            source = self.attach[SOURCE]
            source.value = padded(source.value, 8)
            source.value[7] = {**(source.value[7] or {}), SESSION_FILTER: self.session_id}
            until = self.node.locks.until(self.session_id)
            properties = {LOCKED_UNTIL: until * 10_000 + TICKS_AT_EPOCH}
        self.reply_attach(properties)
        self.node.consumers.append(self)

    def wait(self) -> None:
        """Wait for the next session with messages, not for ever."""
        milliseconds = (self.attach[13] or {}).get(WAIT_MS, DEFAULT_WAIT_MS)
        loop = asyncio.get_running_loop()
        self._timeout = loop.call_later(milliseconds / 1000, self.refuse, timed_out())

    def refuse(self, error: AmqpError) -> None:
        log.info("refused %s: %s", self.address, error.condition)
        self.attach[SOURCE if self.to_client else TARGET] = None
        self.reply_attach()
        self.detach(error)

    def detach(self, error: AmqpError) -> None:
        self.close(counted=False)
        self.frame(Performative.DETACH, [UInt(self.handle), True, error.described()])

    def close(self, *, counted: bool) -> None:
        """Forget the link and give back what it holds; `counted` as for `Queue.release`."""
        self._stop_waiting()
        self.session.links.pop(self.handle, None)
        mine = [number for number, (link, _) in self.session.unsettled.items() if link is self]
        for number in mine:
            del self.session.unsettled[number]
        if self.is_entity and self.to_client and isinstance(self.node, Queue):
            self.node.release(self, counted=counted)

    def _stop_waiting(self) -> None:
        if self._timeout:
            self._timeout.cancel()

    # --- sending and receiving

    def give_credit(self) -> None:
        self.credit = SENDER_CREDIT
        state = [UInt(self.handle), UInt(self.delivery_count), UInt(self.credit)]
        self.frame(Performative.FLOW, [*self.session.window(), *state])

    def grant(self, count: int, credit: int, *, drain: bool, echo: bool) -> None:
        """Take the credit that a receiver gives; `count` is what it has had by its reckoning."""
        self.credit = count + credit - self.delivery_count
        if self.is_entity and isinstance(self.node, Queue):
            self.node.pump()
        if drain and self.credit > 0:
            self.delivery_count += self.credit
            self.credit = 0
        if drain or echo:
            count_now, left = UInt(self.delivery_count), UInt(self.credit)
            state = [UInt(self.handle), count_now, left, None, drain]
            self.frame(Performative.FLOW, [*self.session.window(), *state])

    def send(self, payload: bytes, tag: bytes, *, settled: bool) -> int:
        """Transfer one message, in as many frames as it takes. Return its delivery id."""
        delivery_id = self.session.next_outgoing
        self.session.next_outgoing += 1
        self.credit -= 1
        self.delivery_count += 1
        room = self.session.connection.remote_max_frame - FRAME_ROOM_BYTES
        start: list[Any] = [UInt(self.handle), UInt(delivery_id), tag, UInt(0)]
        while True:
            part, payload = payload[:room], payload[room:]
            self.frame(Performative.TRANSFER, [*start, settled, bool(payload)], part)
            if not payload:
                return delivery_id
            start = [UInt(self.handle), None, None, None]

    def take(self, message: Message) -> None:
        if message.token is None:
            self.send(message.encoded(), uuid4().bytes, settled=True)
            return
        delivery_id = self.send(message.encoded(), message.token.bytes_le, settled=False)
        self.session.unsettled[delivery_id] = (self, message.token)
