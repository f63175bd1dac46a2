"""Every five minutes: count what turns used and did into the days of their bots, and once a day
how much is kept."""

from time import time

import azure.functions as func

from functions.host import fabric
from shared.fabric import Fabric
from shared.governance.rollup import roll_up
from shared.governance.shared_use import sample_stored
from shared.observability import log, overhead

LONGEST_SECONDS = 240.0
"""What is left then is counted the next time."""

bp = func.Blueprint()


@bp.function_name("daily_figures")
@bp.timer_trigger(arg_name="timer", schedule="30 */5 * * * *")
async def daily_figures(timer: func.TimerRequest) -> None:
    here = fabric()
    memory_mb = here.settings.function_memory_mb
    with overhead.execution():
        await sample_stored(here.store, here.blobs, time())
        await _count(here, memory_mb)


async def _count(here: Fabric, memory_mb: int) -> None:
    if count := await roll_up(here.store, here.bots, memory_mb, within=LONGEST_SECONDS):
        log.info("figures.counted", entries=count)
