"""What a client sends on a link: messages, requests, and what it makes of messages it got."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from stand_ins.servicebus.amqp.decode import split_sections
from stand_ins.servicebus.amqp.types import Described, Int, Symbol, UInt, ULong, padded
from stand_ins.servicebus.broker import Broker
from stand_ins.servicebus.errors import AmqpError
from stand_ins.servicebus.link import Link, Session
from stand_ins.servicebus.management import Answer, manage
from stand_ins.servicebus.message import Part, section
from stand_ins.servicebus.protocol import (
    BATCH_FORMAT,
    MAX_MESSAGE_BYTES,
    SENDER_CREDIT,
    Delivered,
    Performative,
)
from stand_ins.servicebus.queue import Outcome, Queue


def transfer(broker: Broker, session: Session, fields: Sequence[Any], payload: bytes) -> None:
    """Take one frame; with the last of a message, store it or answer its request."""
    session.next_incoming += 1
    link = session.links.get(int(fields[0]))
    if link is None:
        return
    if fields[1] is not None:
        link.delivery_id, link.message_format = int(fields[1]), int(fields[3] or 0)
    link.buffer += payload
    more_to_come, settled = fields[5], fields[4]
    if more_to_come:
        return
    data, link.buffer = bytes(link.buffer), bytearray()
    link.delivery_count += 1
    link.credit -= 1
    state = _state(Delivered.ACCEPTED)
    try:
        _take(broker, link, data)
    except AmqpError as error:
        state = _state(Delivered.REJECTED, error.described())
    if not settled:
        number = UInt(link.delivery_id)
        link.frame(Performative.DISPOSITION, [True, number, number, True, state])
    if link.credit < SENDER_CREDIT // 2:
        link.give_credit()


def _state(code: Delivered, *values: Any) -> Described:
    return Described(ULong(code), list(values))


def _take(broker: Broker, link: Link, data: bytes) -> None:
    if len(data) > MAX_MESSAGE_BYTES:
        text = f"{len(data)} bytes exceed {MAX_MESSAGE_BYTES}."
        raise AmqpError("amqp:link:message-size-exceeded", text)
    if not link.is_entity or link.node is None:
        _answer(broker, link, data)
        return
    batch = link.message_format == BATCH_FORMAT
    payloads = [part.value for part in split_sections(data) if part.code == Part.DATA]
    broker.publish(link.node, payloads if batch else [data])


def _answer(broker: Broker, link: Link, data: bytes) -> None:
    """Answer a request to `$cbs` or `$management` on the receiving link of the same address."""
    sections = {part.code: part.value for part in split_sections(data)}
    properties = padded(sections.get(Part.PROPERTIES, []), 1)
    arguments = sections.get(Part.APPLICATION_PROPERTIES, {})
    status, description, result = 200, "OK", None
    extra: dict[str, Symbol] = {}
    if link.is_management:
        try:
            operation = str(arguments.get("operation", ""))
            link_name = arguments.get("associated-link-name")
            result = manage(broker, link.node, operation, sections.get(Part.VALUE), link_name)
            status = 204 if result is None else 200
        except AmqpError as error:
            status, description = error.status, error.description
            extra = {"errorCondition": Symbol(error.condition)}
    names = ("status-code", "status-description")
    if link.is_management:
        names = ("statusCode", "statusDescription")
    reply = {names[0]: Int(status), names[1]: description, **extra}
    _reply(link, properties[0], reply, result)


def _reply(link: Link, message_id: Any, arguments: dict[str, Any], result: Answer) -> None:
    correlated = [None, None, None, None, None, message_id]
    payload = (
        section(Part.PROPERTIES, correlated)
        + section(Part.APPLICATION_PROPERTIES, arguments)
        + section(Part.VALUE, result)
    )
    for other in link.session.links.values():
        if other.to_client and other.address.lower() == link.address.lower():
            other.send(payload, uuid4().bytes, settled=True)
            return


def disposition(session: Session, fields: Sequence[Any]) -> None:
    """Settle the deliveries that a receiver speaks of, and confirm what it asks to have so."""
    by_receiver, first, last, settled, state = fields[:5]
    if not by_receiver:
        return
    for delivery_id in range(int(first), int(first if last is None else last) + 1):
        link, token = session.unsettled.pop(delivery_id, (None, None))
        if link is None or token is None or not isinstance(link.node, Queue):
            continue
        try:
            outcome = _settle(link.node, token, state)
        except AmqpError as error:
            outcome = _state(Delivered.REJECTED, error.described())
        if not settled:
            number = UInt(delivery_id)
            link.frame(Performative.DISPOSITION, [False, number, number, True, outcome])


def _settle(queue: Queue, token: Any, state: Described | None) -> Described:
    """Apply a delivery state. Return the outcome to confirm."""
    code = Delivered(state.code) if state else Delivered.ACCEPTED
    values = padded(state.value if state else [], 3)
    match code:
        case Delivered.REJECTED:
            given = padded(values[0].value, 3)[2] if values[0] else None
            info = {str(key): value for key, value in (given or {}).items()}
            reason, text = info.get("DeadLetterReason"), info.get("DeadLetterErrorDescription")
            queue.settle(token, Outcome.DEAD_LETTER, reason, text)
            return _state(Delivered.REJECTED)  # echoing the error would read as a failure
        case Delivered.MODIFIED:
            queue.settle(token, Outcome.DEFER if values[1] else Outcome.ABANDON)
        case Delivered.RELEASED:
            queue.settle(token, Outcome.RELEASE)
        case Delivered.ACCEPTED:
            queue.settle(token, Outcome.COMPLETE)
    return state or _state(Delivered.ACCEPTED)
