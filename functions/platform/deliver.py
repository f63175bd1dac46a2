"""Sends what could not go at once: a wake-up names the conversation, its outbox the messages."""

import azure.functions as func

from functions.host import fabric
from functions.triggers import queue_function
from shared.observability import conventions as names
from shared.observability import trace
from shared.queues import OUTBOUND

bp = func.Blueprint()


async def deliver(body: str, count: int) -> None:
    from shared.event import Event
    from shared.pipeline.outbox import relay
    from shared.pipeline.turns.bury import bury_body
    from shared.pipeline.turns.spans import receiving

    try:
        wake = Event.from_json(body)
    except ValueError as error:
        await bury_body(fabric(), body, "not_an_event", str(error), queue=OUTBOUND)
        return
    told = names.message(fabric().bus_system, "process", OUTBOUND, wake.id, wake.conversation)
    with (
        receiving(fabric(), OUTBOUND, wake),
        trace.span(wake.traceparent, f"process {OUTBOUND}", **told),
    ):
        await relay.wake_up(fabric(), wake, count)


queue_function(bp, "deliver", OUTBOUND, deliver)
