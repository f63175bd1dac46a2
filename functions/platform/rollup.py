"""Every five minutes: count what turns used and did into the days of their bots."""

import azure.functions as func

from functions.host import fabric
from shared.observability import log, trace

LONGEST_SECONDS = 240.0
"""What is left then is counted the next time."""

bp = func.Blueprint()


@bp.function_name("daily_figures")
@bp.timer_trigger(arg_name="timer", schedule="30 */5 * * * *")
async def daily_figures(timer: func.TimerRequest) -> None:
    from shared.governance.rollup import roll_up

    with trace.span("", "timer daily_figures"):
        here = fabric()
        memory_mb = here.settings.function_memory_mb
        if count := await roll_up(here.store, here.bots, memory_mb, within=LONGEST_SECONDS):
            log.info("figures.counted", entries=count)
