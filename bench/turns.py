"""A whole bot in one process: for each `COUNT SERVICE_URL` on stdin, take in and answer so many.

Says `ready`, and after each the process' memory in bytes. A conversation has four messages.
"""

import asyncio
import gc
import os
import sys
from pathlib import Path

from bench.arrivals import arrival
from cli.function import QUEUES, load_functions
from cli.host_json import HostJson
from cli.queues import Queues
from functions.host import fabric
from shared.observability import log
from shared.pipeline.door import accept

LENGTH = 4
AT_ONCE = 64


def memory() -> int:
    """Resident bytes, after a collection."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def at_rest(queues: Queues) -> None:
    """Return when nothing has run for two looks: the host gives no event for it."""
    calm = 0
    while calm < 2:
        await asyncio.sleep(0.005)
        calm = calm + 1 if queues.idle else 0


async def main() -> None:
    log.configure()
    limits = HostJson.load(Path("host.json"))
    functions = [one for one in load_functions() if one.type in QUEUES]
    queues = Queues(fabric().bus, functions, limits)  # type: ignore[arg-type]
    queues.start()
    bot, taken = fabric().bots["echo"], 0
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        count, service_url = line.split()
        for start in range(taken, taken + int(count), AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, taken + int(count)))
            arrivals = [arrival(bot, n, f"a:bench-{n // LENGTH}", service_url) for n in numbers]
            await accept.accept(fabric(), arrivals)
            await at_rest(queues)
        taken += int(count)
        print(memory(), flush=True)
    await queues.stop(5)
    await fabric().close()


if __name__ == "__main__":
    asyncio.run(main())
