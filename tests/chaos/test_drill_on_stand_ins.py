"""The drill of real processes where a Service Bus and a Cosmos DB stand in, with their faults.

`INPUTS=600` says more than fits an ordinary run, `SEED=7` something else; with `-s` the
figures are printed.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession

from chaos.drill import Orders, Report, drill
from chaos.grounds import Grounds
from chaos.scenario import QUEUES
from tests import azure
from tests.broker_process import PLAIN, ServiceBusProcess, queues
from tests.faults.proxy import proxy

INPUTS = int(os.environ.get("INPUTS", "100"))
SEED = int(os.environ.get("SEED", "1"))
ORDERS = Orders(
    inputs=INPUTS,
    kill_every=2.0,
    outages=4,
    outage_seconds=2.0,
    quiet_from=0.8,
    limit=600 + INPUTS,
)
LOCK_SECONDS = 10


@asynccontextmanager
async def service_bus(folder: Path) -> AsyncIterator[Grounds]:
    """Cuts all connections now and then, forgets settlements, and stores messages twice.

    Without duplicate detection, so that only the product drops the copies.
    """
    entities = queues(*QUEUES, "outbound", *PLAIN, lockDurationSeconds=LOCK_SECONDS)
    flags = (
        *("--drop-connections-every", 15, "--lose-settlement-rate", 0.02),
        *("--duplicate-rate", 0.05, "--seed", SEED),
    )
    peer = await asyncio.to_thread(ServiceBusProcess.start, folder, entities, *flags)

    async def outage(seconds: float) -> None:
        await asyncio.to_thread(peer.order, "pause")
        await asyncio.sleep(seconds)
        await asyncio.to_thread(peer.order, "resume")

    try:
        environ = {
            "FABRIC_BUS_URL": f"servicebus://{peer.host}",
            "ServiceBusConnection": peer.connection,
        }
        yield Grounds(environ, {"bus": outage})
        print("\nService Bus:", peer.stats()["faults"])
    finally:
        peer.stop()


@asynccontextmanager
async def cosmos() -> AsyncIterator[Grounds]:
    """Answers 429 now and then; between it and the processes is a way that can be cut."""
    async with azure.cosmos("--throttle-rate", 0.05, "--seed", SEED) as environ:
        port = environ["FABRIC_STORE_URL"].rpartition(":")[2].partition("/")[0]
        async with proxy("127.0.0.1", int(port)) as way:

            async def outage(seconds: float) -> None:
                way.cut()
                await asyncio.sleep(seconds)
                way.restore()

            url = f"cosmos://{way.address}/fabric"
            yield Grounds({**environ, "FABRIC_STORE_URL": url}, {"store": outage})


def assert_kept(report: Report) -> None:
    print(*report.events, report.counts, report.books, sep="\n")
    assert [str(violation) for violation in report.violations] == []
    assert report.counts["inputs"] == report.books["accepted"] == INPUTS
    assert report.counts["kills"] >= 3
    assert report.counts["outages"] == 4


async def test_the_command_drills_where_the_settings_say(tmp_path: Path) -> None:
    async with cosmos() as store:
        words = ("chaos", "--processes", "--as-configured", "--inputs", "20", "--json")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli", *words),
            env={**os.environ, **store.environ},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        url = store.environ["FABRIC_STORE_URL"].replace("cosmos://", "http://")
        stats = f"{url.rpartition('/')[0]}/_stand_in/stats"
        async with ClientSession() as session, session.get(stats) as response:
            stored = await response.json()
    answer = json.loads(out)
    assert answer["violations"] == []
    assert answer["processes"]["books"]["accepted"] == 20
    assert stored["items"]["fabric/conversations"] > 20
    assert stored["throttled"] > 0


async def test_killed_processes_keep_the_promises_on_service_bus_and_cosmos(
    tmp_path: Path,
) -> None:
    async with service_bus(tmp_path) as bus, cosmos() as store:
        both = Grounds({**bus.environ, **store.environ}, {**bus.outages, **store.outages})
        assert_kept(await drill(SEED, ORDERS, tmp_path, grounds=both))
