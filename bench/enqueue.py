"""The door without HTTP: for each `COUNT SERVICE_URL` on stdin, accept so many messages.

Says `ready` first, and after each the clock seconds that it took.
"""

import asyncio
import sys
import time
from collections.abc import Iterator

from bench.arrivals import arrival
from functions.host import fabric
from shared.observability import log
from shared.pipeline.door import accept
from shared.ports.channel import Inbound

AT_ONCE = 32
"""Messages being accepted, as webhooks come side by side."""

CONVERSATIONS = 2000
"""Messages take turns through so many: Teams takes 60 in 30 s from a bot in one of them."""


async def take_in(waiting: Iterator[Inbound]) -> None:
    for inbound in waiting:
        await accept.accept(fabric(), [inbound])


async def main() -> None:
    log.configure()
    bot, accepted = fabric().bots["echo"], 0
    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        count, service_url = line.split()
        work = [
            arrival(bot, number, f"a:bench-{number % CONVERSATIONS}", service_url)
            for number in range(accepted, accepted + int(count))
        ]
        accepted += len(work)
        waiting, started = iter(work), time.perf_counter()
        await asyncio.gather(*(take_in(waiting) for _ in range(AT_ONCE)))
        print(time.perf_counter() - started, flush=True)
    await fabric().close()


if __name__ == "__main__":
    asyncio.run(main())
