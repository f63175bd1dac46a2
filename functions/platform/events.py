"""Facts on their way to the skills that hear them."""

import json

import azure.functions as func

from functions.host import fabric
from functions.triggers import queue_function
from shared import wire
from shared.errors import Rejected
from shared.observability import log
from shared.parse import json_object
from shared.queues import EVENTS

MAX_BYTES = 1_100_000
"""Event Grid delivers at most 1 MB."""

bp = func.Blueprint()


async def events(body: str, count: int) -> None:
    from shared.pipeline.door import facts

    await facts.fan_out(fabric(), body)


queue_function(bp, "events", EVENTS, events, sessions=False)


@bp.function_name("events_grid")
@bp.event_grid_trigger(arg_name="event")
async def events_grid(event: func.EventGridEvent) -> None:
    """Facts that Event Grid delivers straight to this app, without a queue between.

    They fan out under the ids that they would have from the queue, so that a set-up with both
    ways has one effect. What this raises, Event Grid delivers again for a day; what is
    malformed is dropped.
    """
    from shared.pipeline.door import facts

    try:
        body = cloud_event(event)
    except Rejected as refusal:
        log.warning("fact.refused", reason=refusal.reason)
    else:
        await facts.fan_out(fabric(), body)


def cloud_event(event: func.EventGridEvent | func.CloudEvent) -> str:
    """The CloudEvent as it travelled, in JSON; an event of Event Grid's own schema as one.

    The worker hands over a CloudEvent when the subscription has that schema. Its extension
    attributes carry a fact's place in the chain. Raises Rejected for what our envelope cannot
    hold.
    """
    if isinstance(event, func.CloudEvent):
        known, time = event.extension_attrs, event.time
        type, source = event.type, event.source
    else:
        known, time = {}, event.event_time
        type, source = event.event_type, event.topic or "eventgrid"
    given = {
        **known,
        "specversion": "1.0",
        "id": event.id,
        "type": type,
        "source": source,
        "subject": event.subject,
        "time": time.isoformat() if time else None,
        "data": event.get_json(),
    }
    try:
        body = json_object(json.dumps(given).encode(), cap=MAX_BYTES)
    except RecursionError as error:
        raise Rejected(400, "nested_too_deeply") from error
    if not all(isinstance(body[name], str) and body[name] for name in ("id", "type", "source")):
        raise Rejected(400, "not_an_event")
    return wire.dumps(body)
