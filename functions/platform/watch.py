"""Every five minutes, after the figures: what has gone wrong, and what is over.

Every hour: whether the owners of the bots are still there.
"""

from datetime import UTC, datetime
from time import time

import azure.functions as func

from functions.counted import on_timer
from functions.host import fabric

WATCHED_MINUTES = 5
"""Between two watches: the first of an hour asks for the owners."""

bp = func.Blueprint()


@bp.function_name("alerts")
@bp.timer_trigger(arg_name="timer", schedule="50 */5 * * * *")
async def alerts(timer: func.TimerRequest) -> None:
    from shared.operations import owners, watch

    with on_timer("alerts"):
        if datetime.now(UTC).minute < WATCHED_MINUTES:
            await owners.see_to_owners(fabric(), time())
        await watch.watch(fabric(), time())
