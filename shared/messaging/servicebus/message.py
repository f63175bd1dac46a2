"""Events as Service Bus messages, and received messages as deliveries."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import time
from typing import TYPE_CHECKING, Any

from shared.event import Event, event_id
from shared.ports.bus import Delivery

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusMessage, ServiceBusReceivedMessage
    from azure.servicebus.aio import ServiceBusReceiver

LONGEST_ID = 128
"""Characters of a message id or session id at most, by the service."""

REASON, DESCRIPTION, SOURCE = (
    *("DeadLetterReason", "DeadLetterErrorDescription", "DeadLetterSource"),
)

TRACEPARENT, DIAGNOSTIC_ID = "traceparent", "Diagnostic-Id"
"""Where Azure's SDKs look for the trace of a message: newer ones at the first, .NET also at the
second, which Service Bus' documentation names."""

_NOTHING: Mapping[str, str] = {}


def outgoing(event: Event, delay: float = 0) -> "ServiceBusMessage":
    """What is sent for an event, not to be seen for `delay` seconds.

    The application properties repeat what a filter or a person at the portal looks for.
    """
    from azure.servicebus import ServiceBusMessage

    properties: dict[str | bytes, Any] = {"type": event.type, "attempt": event.attempt}
    if event.bot:
        properties["bot"] = event.bot
    if event.traceparent:
        properties[TRACEPARENT] = properties[DIAGNOSTIC_ID] = event.traceparent
    return ServiceBusMessage(
        event.to_json(),
        message_id=_short(event.message_id),
        session_id=_short(event.conversation or event.id),
        correlation_id=event.origin or None,
        content_type="application/json",
        scheduled_enqueue_time_utc=(
            datetime.now(UTC) + timedelta(seconds=delay) if delay > 0 else None
        ),
        application_properties=properties,
    )


def again(
    message: "ServiceBusReceivedMessage", id: str, properties: Mapping[str, str] = _NOTHING
) -> "ServiceBusMessage":
    """A received message to be sent once more, under this id.

    Of an earlier death it says nothing but what `properties` say.
    """
    from azure.servicebus import ServiceBusMessage

    kept = {
        name: value
        for name, value in _application_properties(message).items()
        if name not in (REASON, DESCRIPTION, SOURCE)
    }
    kept.update(properties)
    return ServiceBusMessage(
        text(message),
        message_id=_short(id),
        session_id=session_id(message),
        correlation_id=message.correlation_id,
        content_type=message.content_type,
        application_properties=kept,
    )


def incoming(
    message: "ServiceBusReceivedMessage", queue: str, receiver: "ServiceBusReceiver"
) -> Delivery:
    until = receiver.session.locked_until_utc if receiver.session else message.locked_until_utc
    return Delivery(
        queue,
        message_id(message),
        session_id(message),
        text(message),
        (message.delivery_count or 0) + 1,
        str(message.lock_token),
        until.timestamp() if until else time(),
        enqueued_at(message),
        dead_letter_properties(message),
    )


def dead_letter_properties(message: "ServiceBusReceivedMessage") -> dict[str, str]:
    """Why and where it died, when it did."""
    properties = _application_properties(message)
    if message.dead_letter_source:
        properties.setdefault(SOURCE, message.dead_letter_source)
    return {
        name: str(properties[name])
        for name in (REASON, DESCRIPTION, SOURCE)
        if properties.get(name) is not None
    }


def message_id(message: "ServiceBusReceivedMessage") -> str:
    """Its own, or its number when a stranger sent it without."""
    return str(message.message_id or message.sequence_number)


def session_id(message: "ServiceBusReceivedMessage") -> str:
    return str(message.session_id or message_id(message))


def enqueued_at(message: "ServiceBusReceivedMessage") -> float:
    moment = message.enqueued_time_utc
    return moment.timestamp() if moment else time()


def text(message: "ServiceBusReceivedMessage") -> str:
    """The body, whatever a stranger may have put there."""
    from azure.servicebus.amqp import AmqpMessageBodyType

    if message.body_type == AmqpMessageBodyType.DATA:
        return b"".join(message.body).decode("utf-8", "replace")
    body = message.body if message.body_type == AmqpMessageBodyType.VALUE else list(message.body)
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)


def _application_properties(message: "ServiceBusReceivedMessage") -> dict[str | bytes, Any]:
    return {
        _decoded(name): _decoded(value)
        for name, value in (message.application_properties or {}).items()
    }


def _decoded(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _short(id: str) -> str:
    return id if len(id) <= LONGEST_ID else event_id(id)
