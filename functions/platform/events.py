"""Facts on their way to the skills that hear them."""

import azure.functions as func

from functions.triggers import fabric, queue_function
from shared import facts
from shared.event import Event, event_id

bp = func.Blueprint()


async def events(body: str, count: int) -> None:
    await facts.fan_out(fabric(), body)


queue_function(bp, "events", "events", events)


@bp.function_name("events_grid")
@bp.event_grid_trigger(arg_name="event")
async def events_grid(event: func.EventGridEvent) -> None:
    """Facts that Event Grid delivers straight to this app, without a queue between."""
    await fabric().bus.send("events", fact_of(event))


def fact_of(event: func.EventGridEvent | func.CloudEvent) -> Event:
    """The worker hands over a CloudEvent when the subscription has that schema."""
    if isinstance(event, func.CloudEvent):
        type, source = event.type, event.source
    else:
        type, source = event.event_type, event.topic or "eventgrid"
    data = event.get_json()
    return Event(
        id=event_id(source, event.id),  # a CloudEvent's id is unique per source only
        type=type,
        source=source,
        subject=event.subject or "",
        data=data if isinstance(data, dict) else {"value": data},
    )
