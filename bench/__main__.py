"""`make bench`: every figure of docs/benchmarks.md; PEERS=1 adds the peers and writes the page,
BEFORE=FOLDER the rows of an older checkout, measured in the same run.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench import peers
from bench.ack_latency import ack_latency
from bench.ack_under_stall import ack_under_stall
from bench.before import Before, before
from bench.bus import bus_rates
from bench.cold_start import cold_start
from bench.echo_turn import echo_turns
from bench.first_contact import first_contacts
from bench.growth import growth
from bench.machine import describe
from bench.memory import memory
from bench.packed_start import packed_start
from bench.price import price_of_a_turn
from bench.report import Figures, page
from bench.report_knowledge import Finding
from bench.report_load import UnderLoad
from bench.retrieval import retrieval, sync
from bench.servicebus_send import send_cost
from bench.throughput import throughput
from bench.token_check import token_check_us

ROOT = Path(__file__).parents[1]
COUNTS = {1: 400, 16: 1000}
"""Messages of an echo round, by how many are under way at once."""


async def measure(folder: Path, *, with_peers: bool) -> Figures:
    def say(what: str) -> None:
        print(f"measuring {what}", file=sys.stderr)

    date, load = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", os.getloadavg()[0]
    say("cold start")
    cold, packed = cold_start(), packed_start()
    say("token check")
    token_us = await token_check_us()
    say("the price of a turn")
    price = await price_of_a_turn()
    say("echo turn")
    names = list(peers.TITLES) if with_peers else []
    echo = await echo_turns(folder, COUNTS, peer_names=names)
    say("ack")
    ack = await ack_latency(folder)
    say("embedded bus")
    bus = await bus_rates(folder)
    loaded = await measure_under_load(folder, say)
    say("first webhook and first turn")
    first = await first_contacts(folder)
    say("retrieval and sync of articles")
    finding = Finding(await retrieval(folder / "found"), await sync(folder / "synced"))
    say("Service Bus")
    sent = await send_cost(folder)
    return Figures(
        *(date, describe(), load, cold, packed, token_us, price),
        *(echo, COUNTS, ack, bus, loaded, first, finding, sent),
    )


async def measure_under_load(folder: Path, say: Callable[[str], None]) -> UnderLoad:
    say("ack while the model stalls")
    stalled = await ack_under_stall(folder)
    say("throughput")
    whole = await throughput(folder)
    say("memory")
    used = await memory(folder)
    say("growth")
    return UnderLoad(stalled, whole, used, await growth(folder))


def main() -> None:
    os.chdir(ROOT)
    with_peers = os.environ.get("PEERS", "") not in ("", "0")
    if with_peers:
        peers.install()
    cache = ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        earlier = before(Path(older)) if (older := os.environ.get("BEFORE")) else Before()
        found = asyncio.run(measure(Path(folder), with_peers=with_peers))
        text = page(replace(found, before=earlier))
    print(text)
    if with_peers:
        (ROOT / "docs" / "benchmarks.md").write_text(text)


main()
