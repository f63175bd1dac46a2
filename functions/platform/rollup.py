"""Every five minutes: count what turns used and did into the days of their bots, and once a day
how much is kept; then what is over goes to the warehouse."""

from time import time

import azure.functions as func

from functions.counted import on_timer
from functions.host import fabric
from shared.observability import log

LONGEST_SECONDS = 240.0
"""What is left then is counted the next time."""

bp = func.Blueprint()


@bp.function_name("daily_figures")
@bp.timer_trigger(arg_name="timer", schedule="30 */5 * * * *")
async def daily_figures(timer: func.TimerRequest) -> None:
    from shared.governance.rollup import roll_up
    from shared.governance.shared_use import sample_stored
    from shared.operations.export import export_what_is_over

    here = fabric()
    memory_mb = here.settings.function_memory_mb
    with on_timer("daily_figures"):
        if count := await roll_up(here.store, here.bots, memory_mb, within=LONGEST_SECONDS):
            log.info("figures.counted", entries=count)
        await sample_stored(here.store, here.blobs, time())
        await export_what_is_over(here, time())
