"""What the broker gave up: recorded with its reason, so that no message ends unseen."""

import azure.functions as func

from functions.triggers import fabric
from shared.dead_letters import bury_body

bp = func.Blueprint()


@bp.function_name("dead_letters")
@bp.service_bus_queue_trigger(
    arg_name="msg",
    queue_name="dead-letters",
    connection="ServiceBusConnection",
    is_sessions_enabled=False,
)
async def dead_letters(msg: func.ServiceBusMessage) -> None:
    properties = msg.application_properties or {}
    await bury_body(
        fabric(),
        msg.get_body().decode("utf-8", "replace"),
        str(properties.get("DeadLetterReason") or "unknown"),
        str(properties.get("DeadLetterErrorDescription") or ""),
    )
