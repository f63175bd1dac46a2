"""What a warehouse gets: a file a day whose lines add up to the reports, and name nobody."""

import json
from collections.abc import Callable
from pathlib import Path

from cli.usage import write_partitions
from shared.governance.rollup import roll_up
from shared.operations.reports.days import used
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import usage
from shared.operations.reports.warehouse import Row, partitions
from shared.skill import Skill
from tests.lab import Lab
from tests.week import truth, week, write

EVER, ALL = Period(), Scope()
COLUMNS = (
    *("version", "day", "bot", "department", "cost_center", "skill", "channel"),
    *("measure", "detail", "value"),
)
"""Of version 1: who reads the files relies on them."""


async def test_the_files_add_up_to_the_truth_and_are_the_same_again(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(Skill("router", "Routes"))
    entries = week(1, 300)
    await write(fabric.store, entries)
    before = dict(partitions(await used(fabric, ALL, EVER, present=True)))
    await roll_up(fabric.store, fabric.bots, fabric.settings.function_memory_mb)

    files = dict(partitions(await used(fabric, ALL, EVER, present=True)))

    assert files == before
    assert len(files) == 7
    assert min(files) == "day=2026-11-16/figures-v1.ndjson"
    rows = [json.loads(line) for text in files.values() for line in text.splitlines()]
    assert {tuple(row) for row in rows} == {COLUMNS} == {Row.__slots__}
    for bot, true in truth(entries).items():
        own = [row for row in rows if row["bot"] == bot]
        assert sum(row["value"] for row in own if row["measure"] == "turns") == true.turns
        tokens = sum(row["value"] for row in own if row["measure"] == "tokens.gpt.input")
        assert tokens == true.tokens
        dead = [row["value"] for row in own if row["detail"] == "dead"]
        assert sum(dead) == true.dead
    [row] = [one for one in (await usage(fabric, ALL, EVER)).bots if one.bot == "it"]
    for day, turns in row.days.items():
        told = [r for r in rows if (r["bot"], r["day"], r["measure"]) == ("it", day, "turns")]
        assert sum(one["value"] for one in told) == turns
    assert not [text for text in files.values() if ".web." in text or "person" in text]


def test_a_day_is_written_whole_in_the_place_of_what_was_there(tmp_path: Path) -> None:
    folder, name = tmp_path / "lake", "day=2026-11-16/figures-v1.ndjson"

    for text in ("{}\n", '{"a": 1}\n'):
        assert write_partitions(folder, [(name, text)]) == [name]

    assert [path.name for path in tmp_path.rglob("*.*")] == ["figures-v1.ndjson"]
    assert (folder / name).read_text() == '{"a": 1}\n'
