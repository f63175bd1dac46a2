"""AMQP 1.0 with one client, frame by frame. Any credential is accepted."""

import asyncio
import logging
import struct
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from stand_ins.servicebus.amqp.decode import decode
from stand_ins.servicebus.amqp.encode import encode
from stand_ins.servicebus.amqp.types import (
    Array,
    Described,
    Symbol,
    UByte,
    UInt,
    ULong,
    UShort,
    padded,
)
from stand_ins.servicebus.attach import attach
from stand_ins.servicebus.broker import Broker
from stand_ins.servicebus.link import Link, Session
from stand_ins.servicebus.protocol import (
    DEFAULT_FRAME_BYTES,
    IDLE_TIMEOUT_MS,
    MAX_FRAME_BYTES,
    WINDOW_FRAMES,
    Performative,
    Sasl,
)
from stand_ins.servicebus.transfer import disposition, transfer

CONTAINER = "servicebus-stand-in"
HEADER = struct.Struct(">IBBH")
AMQP_FRAME, SASL_FRAME = 0, 1
AMQP_PROTOCOL, SASL_PROTOCOL = b"AMQP\x00\x01\x00\x00", b"AMQP\x03\x01\x00\x00"
SASL_ID = 3
MECHANISMS = ("ANONYMOUS", "PLAIN", "MSSBCBS", "EXTERNAL")

log = logging.getLogger(__name__)


class Connection:
    """`run()` serves until the client closes or is gone."""

    def __init__(
        self, broker: Broker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.broker = broker
        self.remote_max_frame = DEFAULT_FRAME_BYTES
        self._reader = reader
        self._writer = writer
        self._sessions: dict[int, Session] = {}
        self._heartbeat: asyncio.Task[None] | None = None
        self._handlers: dict[int, Callable[[int, Sequence[Any], bytes], None]] = {
            Performative.OPEN: self._open,
            Performative.BEGIN: self._begin,
            Performative.ATTACH: self._attach,
            Performative.FLOW: self._flow,
            Performative.TRANSFER: self._transfer,
            Performative.DISPOSITION: self._disposition,
            Performative.DETACH: self._detach,
            Performative.END: self._end,
        }

    async def run(self) -> None:
        killed = True
        try:
            protocol = await self._reader.readexactly(len(AMQP_PROTOCOL))
            if protocol[4] == SASL_ID:
                await self._sasl()
                await self._reader.readexactly(len(AMQP_PROTOCOL))
            self._writer.write(AMQP_PROTOCOL)
            await self._serve()
            killed = False
        except (asyncio.IncompleteReadError, ConnectionError):
            log.info("a client is gone without a word")
        except Exception:  # what one client sends must not stop the others
            log.exception("a connection failed")
        finally:
            if self._heartbeat:
                self._heartbeat.cancel()
            self._close_links(self._sessions.values(), counted=killed)
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    async def _serve(self) -> None:
        while True:
            channel, body = await self._read()
            if not body:
                continue  # a heartbeat
            performative, position = decode(body)
            code = int(performative.code)
            log.debug("<- %x %s", code, performative.value)
            if code == Performative.CLOSE:
                self.frame(0, Performative.CLOSE, [])
                return
            self._handlers[code](channel, performative.value, body[position:])
            await self._writer.drain()

    async def _sasl(self) -> None:
        self._writer.write(SASL_PROTOCOL)
        mechanisms = Array(map(Symbol, MECHANISMS))
        self._raw(SASL_FRAME, 0, encode(Described(ULong(Sasl.MECHANISMS), [mechanisms])))
        await self._read()
        self._raw(SASL_FRAME, 0, encode(Described(ULong(Sasl.OUTCOME), [UByte(0)])))

    async def _read(self) -> tuple[int, bytes]:
        size, offset, _, channel = HEADER.unpack(await self._reader.readexactly(HEADER.size))
        body = await self._reader.readexactly(size - HEADER.size)
        return channel, body[(offset - 2) * 4 :]

    def _raw(self, kind: int, channel: int, body: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(HEADER.pack(len(body) + HEADER.size, 2, kind, channel) + body)

    def frame(
        self, channel: int, code: Performative, fields: Sequence[Any], payload: bytes = b""
    ) -> None:
        sent = list(fields)
        while sent and sent[-1] is None:
            sent.pop()
        log.debug("-> %x %s", code, sent)
        self._raw(AMQP_FRAME, channel, encode(Described(ULong(code), sent)) + payload)

    async def _beat(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            self._raw(AMQP_FRAME, 0, b"")

    def _close_links(self, sessions: Iterable[Session], *, counted: bool) -> None:
        links = [link for session in sessions for link in session.links.values()]
        for link in links:
            link.credit = 0  # so that closing one does not deliver to the next
        for link in links:
            link.close(counted=counted)

    # --- what a client says

    def _open(self, channel: int, fields: Sequence[Any], _: bytes) -> None:
        given = padded(fields, 10)
        self.remote_max_frame = min(int(given[2] or DEFAULT_FRAME_BYTES), MAX_FRAME_BYTES)
        most, idle = UInt(MAX_FRAME_BYTES), UInt(IDLE_TIMEOUT_MS)
        self.frame(0, Performative.OPEN, [CONTAINER, given[1], most, UShort(4999), idle])
        if given[4]:
            half_of_its_timeout = int(given[4]) / 2000
            self._heartbeat = asyncio.create_task(self._beat(half_of_its_timeout))

    def _begin(self, channel: int, fields: Sequence[Any], _: bytes) -> None:
        self._sessions[channel] = Session(self, channel, int(fields[1]))
        window = UInt(WINDOW_FRAMES)
        answer = [UShort(channel), UInt(0), window, window, UInt(255)]
        self.frame(channel, Performative.BEGIN, answer)

    def _end(self, channel: int, fields: Sequence[Any], _: bytes) -> None:
        self._close_links([self._sessions.pop(channel)], counted=False)
        self.frame(channel, Performative.END, [])

    def _attach(self, channel: int, fields: Sequence[Any], _: bytes) -> None:
        session = self._sessions[channel]
        link = Link(session, fields)
        session.links[link.handle] = link
        attach(self.broker, link)

    def _flow(self, channel: int, fields: Sequence[Any], _: bytes) -> None:
        session = self._sessions[channel]
        given = padded(fields, 11)
        link = session.links.get(int(given[4])) if given[4] is not None else None
        if link is None or not link.to_client:
            return
        link.grant(
            int(given[5] or 0), int(given[6] or 0), drain=bool(given[8]), echo=bool(given[9])
        )

    def _transfer(self, channel: int, fields: Sequence[Any], payload: bytes) -> None:
        transfer(self.broker, self._sessions[channel], padded(fields, 11), payload)

    def _disposition(self, channel: int, fields: Sequence[Any], _: bytes) -> None:
        disposition(self._sessions[channel], padded(fields, 6))

    def _detach(self, channel: int, fields: Sequence[Any], _: bytes) -> None:
        session = self._sessions.get(channel)
        link = session.links.get(int(fields[0])) if session else None
        if link:  # otherwise it answers a detach of ours
            link.close(counted=False)
            self.frame(channel, Performative.DETACH, [UInt(link.handle), True])
