"""Every five minutes, after the figures: what has gone wrong, and what is over."""

from time import time

import azure.functions as func

from functions.host import fabric

bp = func.Blueprint()


@bp.function_name("alerts")
@bp.timer_trigger(arg_name="timer", schedule="50 */5 * * * *")
async def alerts(timer: func.TimerRequest) -> None:
    from shared.operations import watch

    await watch.watch(fabric(), time())
