"""Every minute: take up what a crash left behind, and end what has waited for its time.

Every quarter of an hour files go whose time is over.
"""

from datetime import UTC, datetime

import azure.functions as func

from functions.counted import on_timer
from functions.host import fabric

bp = func.Blueprint()


@bp.function_name("outbox_sweep")
@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *")
async def outbox_sweep(timer: func.TimerRequest) -> None:
    from shared.pipeline.door.returns import return_overdue
    from shared.pipeline.outbox import relay
    from shared.pipeline.turns.deciding import expire_overdue

    with on_timer("outbox_sweep"):
        await relay.sweep(fabric())
        await return_overdue(fabric())
        await expire_overdue(fabric())
        if datetime.now(UTC).minute % 15 == 0:
            await fabric().files.remove_old()
