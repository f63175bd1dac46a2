"""Facts on their way to systems outside, one request a message."""

import azure.functions as func

from functions.host import fabric
from functions.triggers import queue_function
from shared.errors import PermanentError
from shared.observability import conventions as names
from shared.observability import trace
from shared.queues import WEBHOOKS

bp = func.Blueprint()


async def webhooks(body: str, count: int) -> None:
    from shared.event import Event
    from shared.pipeline.outbox.webhooks import deliver
    from shared.pipeline.turns.bury import bury, bury_body
    from shared.pipeline.turns.spans import receiving

    copy = Event.read(body)
    if copy is None:
        await bury_body(fabric(), body, "not_an_event", queue=WEBHOOKS)
        return
    told = names.message(fabric().bus_system, "process", WEBHOOKS, copy.id)
    with (
        receiving(fabric(), WEBHOOKS, copy),
        trace.span(copy.traceparent, f"webhook {copy.type}", **told),
    ):
        try:
            await deliver(fabric(), copy)
        except PermanentError as error:
            await bury(fabric(), WEBHOOKS, copy, error.reason, error.detail, deliveries=count)


queue_function(bp, "webhooks", WEBHOOKS, webhooks, sessions=False)
