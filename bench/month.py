"""A month of 100 bots: how long the roll-up of its turns takes, and each report over it."""

import resource
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from shared.fabric import Fabric
from shared.governance.rollup import roll_up
from shared.operations.reports.cost import cost
from shared.operations.reports.period import Period
from shared.operations.reports.slow import slow
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import usage
from shared.records.ledger_entry import LedgerEntry
from shared.settings import Settings
from tests.week import week, write

BOTS, DAYS = 100, 30
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
EVER, ALL = Period(), Scope()

MANIFEST = """
id = "{bot}"
name = "{bot}"
owner = "owner@contoso.example"
department = "{department}"
skills = ["echo"]
default_skill = "echo"
[channels.web]
origins = ["http://localhost:7071"]
"""


@dataclass(frozen=True, slots=True)
class Month:
    """Of each roll-up the seconds, those of the CPU and the peak of memory in MB; of each report
    the seconds and those of the CPU.
    """

    turns: int
    roll_ups: Sequence[tuple[float, float, float]]
    reports: Sequence[tuple[str, float, float]]
    store_mb: float


async def month(folder: Path, *, turns: int, rounds: int) -> Month:
    """Roll up so many turns in each of the rounds, then make every report over all of them."""
    from functions.skills.echo import skill

    fabric = Fabric(_settings(folder), {"echo": skill})
    bots = sorted(fabric.bots)
    roll_ups = []
    for number in range(rounds):
        made = week(number, turns, bots=bots, days=DAYS, begin=NOVEMBER)
        await write(fabric.store, [_renamed(entry, number) for entry in made])
        del made
        began, cpu = perf_counter(), process_time()
        await roll_up(fabric.store, fabric.bots, fabric.settings.function_memory_mb)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        roll_ups.append((perf_counter() - began, process_time() - cpu, peak))
    reports = []
    for name, make in (("usage", usage), ("slow", slow), ("cost", cost)):
        began, cpu = perf_counter(), process_time()
        await make(fabric, ALL, EVER)
        reports.append((name, perf_counter() - began, process_time() - cpu))
    await fabric.close()
    return Month(turns, roll_ups, reports, _size(fabric.settings.data_dir / "store.db"))


def _renamed(entry: LedgerEntry, number: int) -> LedgerEntry:
    return replace(entry, id=f"{entry.id}.{number}")


def _settings(folder: Path) -> Settings:
    manifests = folder / "bots"
    manifests.mkdir(parents=True)
    for number in range(BOTS):
        bot = f"bot-{number:03d}"
        text = MANIFEST.format(bot=bot, department=f"Department {number % 12}")
        (manifests / f"{bot}.toml").write_text(text)
    return Settings.from_environ(
        {
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_DATA_DIR": str(folder / "data"),
            "FABRIC_BOTS_DIR": str(manifests),
            "FABRIC_KNOWLEDGE_DIR": str(folder),
            "FABRIC_EMBEDDINGS": "off",
        }
    )


def _size(path: Path) -> float:
    with sqlite3.connect(path) as file:
        [pages], [size] = (
            file.execute(f"PRAGMA {n}").fetchone() for n in ("page_count", "page_size")
        )
    file.close()
    return float(pages * size) / 1e6


def sections(found: Month) -> list[str]:
    scale = 100_000 / found.turns
    rows = [
        f"| {number * found.turns:,} to {(number + 1) * found.turns:,} | {seconds:.1f} | "
        f"{seconds * scale:.1f} | {cpu * scale:.1f} | {peak:.0f} |"
        for number, (seconds, cpu, peak) in enumerate(found.roll_ups)
    ]
    reports = [
        f"| `{name}` | {seconds:.2f} | {cpu:.2f} | <= 2 |" for name, seconds, cpu in found.reports
    ]
    return [
        "## A month of 100 bots",
        "",
        "Made-up turns of 30 days, written as turns write them, rolled up and reported.",
        "",
        "| turns | s | s per 100,000 (<= 60) | of the CPU | peak MB |",
        "| --- | ---: | ---: | ---: | ---: |",
        *rows,
        "",
        "| report over the month | s | of the CPU | target |",
        "| --- | ---: | ---: | ---: |",
        *reports,
        "",
    ]


if __name__ == "__main__":
    import asyncio
    import sys

    size, times = (int(text) for text in (*sys.argv[1:], "100000", "1")[:2])
    with tempfile.TemporaryDirectory() as place:
        print("\n".join(sections(asyncio.run(month(Path(place), turns=size, rounds=times)))))
