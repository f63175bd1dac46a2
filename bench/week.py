"""`make bench-week`: a made-up week whose truth is known, beside what the reports say of it.

Entries come twice, late and from clocks that were put back; every roll-up but the last is killed
in the middle, by SIGKILL, at another write each time. Exit code 1 when a figure is not the truth.
"""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from bench.markdown import table
from bench.month import MANIFEST
from shared.fabric import Fabric
from shared.governance import rollup
from shared.operations.reports.cost import charges
from shared.operations.reports.period import Period
from shared.operations.reports.slow import slow
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import usage
from shared.records.ledger_entry import LedgerEntry
from shared.settings import Settings
from shared.storage.sqlite import SqliteStore
from tests.week import BOTS, DAY, Truth, nearest_rank, truth, week, write

TURNS, BATCH = 3_000, 200
KILLED_AT = (1, 2, 5, 11, 30, 47, 3, 19)
"""The writes after which a roll-up is killed, one after the other."""

EVER = Period()


@dataclass(frozen=True, slots=True)
class Row:
    bot: str
    figure: str
    truth: float
    report: float

    @property
    def is_same(self) -> bool:
        return abs(self.truth - self.report) < 1e-9


def entries_of(seed: int) -> list[LedgerEntry]:
    """A week of three bots, a tenth of it from clocks that were five days behind."""
    made = week(seed, TURNS)
    behind = [replace(entry, at=entry.at - 5 * DAY) for entry in made[: TURNS // 10]]
    return [*behind, *made[TURNS // 10 :]]


async def compared(folder: Path, seed: int = 20) -> list[Row]:
    """Write the week in parts, some of them twice, with a roll-up that is killed after each."""
    entries = entries_of(seed)
    settings = _settings(folder)
    store = SqliteStore(folder / "data" / "store.db")
    parts = [entries[number :: len(KILLED_AT)] for number in range(len(KILLED_AT))]
    for part, writes in zip(parts, KILLED_AT, strict=True):
        await write(store, part)
        if await _killed(folder, writes) != -signal.SIGKILL:
            raise RuntimeError("a roll-up that should have been killed has ended")
    await write(store, Random(seed).sample(parts[-1], 50))  # delivered again, before it is counted
    await store.close()
    from functions.skills.echo import skill

    fabric = Fabric(settings, {"echo": skill})
    await rollup.roll_up(fabric.store, fabric.bots, fabric.settings.function_memory_mb)
    expected = truth(entries)
    rows = [row for bot in sorted(expected) for row in await _rows(fabric, bot, expected[bot])]
    await fabric.close()
    return rows


async def _rows(fabric: Fabric, bot: str, true: Truth) -> list[Row]:
    [used] = (await usage(fabric, Scope(bot=bot), EVER)).bots
    [crm] = [row for row in await slow(fabric, Scope(bot=bot), EVER) if row.name == "crm"]
    meters: dict[str, float] = {}
    for charge in await charges(fabric, Scope(bot=bot), EVER):
        meters[charge.meter] = meters.get(charge.meter, 0.0) + float(charge.quantity)

    def pairs() -> Iterator[tuple[str, float, float]]:
        yield "conversations", len(true.conversations), used.conversations
        yield "people", len(true.people), used.people
        yield "turns", true.turns, used.turns
        yield "replies", true.replies, used.replies
        yield "solved without a person", len(true.conversations - true.handed), used.contained
        yield "to a person", len(true.handed), used.handed_over
        yield "unanswered", true.unanswered, used.unanswered
        yield "failed deliveries", true.failed, used.failed
        yield "dead", true.dead, used.dead
        yield "turn p50, s", nearest_rank(true.took, 0.5), used.turn_p50
        yield "turn p95, s", nearest_rank(true.took, 0.95), used.turn_p95
        yield "days with turns", len(true.days), len(used.days)
        yield "calls of crm", len(true.crm), crm.calls
        yield "crm p95, s", nearest_rank(true.crm, 0.95), crm.p95
        yield "input tokens", true.tokens, meters["tokens.gpt.input"]
        yield "executions", true.executions, meters["functions.executions"]
        memory = fabric.settings.function_memory_mb
        yield "GB-s", memory * true.milliseconds / 1_024_000, meters["functions.gb_seconds"]

    return [Row(bot, *pair) for pair in pairs()]


async def _killed(folder: Path, writes: int) -> int:
    """Roll up in a process that is killed after so many writes. Return its exit code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.week", str(folder), str(writes)),
        cwd=Path(__file__).parents[1],
    )
    return await process.wait()


async def _dying(folder: Path, left: int) -> None:
    store: Any = SqliteStore(folder / "data" / "store.db")
    write_one = store.write

    async def dying(*arguments: Any, **how: Any) -> Any:
        nonlocal left
        done = await write_one(*arguments, **how)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    store.write = dying
    rollup.MAX_BATCH = BATCH
    await rollup.roll_up(store, {}, _settings(folder).function_memory_mb)


def _settings(folder: Path) -> Settings:
    (folder / "bots").mkdir(exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    for bot in BOTS:
        text = MANIFEST.format(bot=bot, department=f"Department of {bot}")
        (folder / "bots" / f"{bot}.toml").write_text(text)
    return Settings.from_environ(
        {
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_DATA_DIR": str(folder / "data"),
            "FABRIC_BOTS_DIR": str(folder / "bots"),
            "FABRIC_KNOWLEDGE_DIR": str(folder),
            "FABRIC_PRICES_FILE": str(folder / "prices.toml"),
            "FABRIC_EMBEDDINGS": "off",
        }
    )


def printed(rows: Sequence[Row]) -> str:
    """As a table: a figure a line, for each bot the truth and the report."""
    bots = sorted({row.bot for row in rows})
    by_figure: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_figure.setdefault(row.figure, {})[row.bot] = row
    head = ["figure", *(f"{bot}, {what}" for bot in bots for what in ("truth", "report")), "same"]
    lines = [
        [
            figure,
            *(f"{value:,.7g}" for bot in bots for value in (of[bot].truth, of[bot].report)),
            "yes" if all(row.is_same for row in of.values()) else "**no**",
        ]
        for figure, of in by_figure.items()
    ]
    return "\n".join(table(head, lines)).rstrip()


async def main() -> int:
    if len(sys.argv) == 3:
        await _dying(Path(sys.argv[1]), int(sys.argv[2]))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        rows = await compared(Path(folder))
    print(printed(rows))
    print(f"\n{TURNS:,} deliveries of a week, {len(KILLED_AT)} roll-ups killed")
    return 0 if all(row.is_same for row in rows) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
