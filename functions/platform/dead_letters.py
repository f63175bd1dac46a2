"""What the broker gave up: recorded with its reason, so that no message ends unseen."""

import azure.functions as func

from functions.host import fabric
from functions.triggers import service_bus_function
from shared.queues import DEAD_LETTERS
from shared.settings import bus_scheme

bp = func.Blueprint()


async def dead_letters(msg: func.ServiceBusMessage) -> None:
    from shared.pipeline.door.facts import given_up

    properties = msg.application_properties or {}
    source = msg.dead_letter_source or properties.get("DeadLetterSource") or ""
    await given_up(
        fabric(),
        msg.get_body().decode("utf-8", "replace"),
        str(properties.get("DeadLetterReason") or "unknown"),
        str(properties.get("DeadLetterErrorDescription") or ""),
        queue=str(source),
    )


if bus_scheme() != "storagequeue":  # there each queue has a poison queue of its own
    service_bus_function(bp, "dead_letters", DEAD_LETTERS, dead_letters, sessions=False)
