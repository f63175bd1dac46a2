"""What a function is handed, as the worker builds it with `azure.functions`."""

import json
from datetime import UTC, datetime
from typing import Any

from azure.functions.eventgrid import EventGridEventInConverter
from azure.functions.meta import Datum
from azure.functions.queue import QueueMessageInConverter
from azure.functions.servicebus import ServiceBusMessage
from azure.functions.timer import TimerRequestConverter

from shared.ports.bus import Delivery


def queue_message(delivery: Delivery) -> Any:
    """A `func.QueueMessage` as the worker builds it from what the extension sends."""
    metadata = {
        "Id": Datum(delivery.id, "string"),
        "DequeueCount": Datum(str(delivery.count), "json"),
        "PopReceipt": Datum(delivery.token, "string"),
        "InsertionTime": Datum(_iso(delivery.enqueued_at), "string"),
    }
    return QueueMessageInConverter.decode(Datum(delivery.body, "string"), trigger_metadata=metadata)


def service_bus_message(delivery: Delivery) -> ServiceBusMessage:
    """A `func.ServiceBusMessage` as the worker builds it from what the extension sends."""
    properties: dict[str, object] = dict(delivery.properties)
    return ServiceBusMessage(
        body=delivery.body.encode(),
        content_type="application/json",
        message_id=delivery.id,
        session_id=delivery.session,
        delivery_count=delivery.count,
        lock_token=delivery.token,
        enqueued_time_utc=datetime.fromtimestamp(delivery.enqueued_at, UTC),
        locked_until=datetime.fromtimestamp(delivery.locked_until, UTC),
        application_properties=properties,
        user_properties=properties,
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def timer_request() -> Any:
    """A `func.TimerRequest` that is on time."""
    body = {"IsPastDue": False, "Schedule": {"AdjustForDST": True}, "ScheduleStatus": {}}
    return TimerRequestConverter.decode(Datum(json.dumps(body), "json"), trigger_metadata={})


def grid_event(event: Any) -> Any:
    """A `func.EventGridEvent`, or a `func.CloudEvent` when the object says `specversion`.

    Raises ValueError when the object is neither.
    """
    if not isinstance(event, dict) or not isinstance(event.get("id"), str):
        raise ValueError("an event is an object with an id")
    kind = "type" if "specversion" in event else "eventType"
    if not isinstance(event.get(kind), str):
        raise ValueError(f"an event needs {kind}")
    return EventGridEventInConverter.decode(Datum(json.dumps(event), "json"), trigger_metadata={})
