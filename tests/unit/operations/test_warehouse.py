"""What a warehouse gets: a file a day whose lines add up to the reports, and name nobody."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.usage import write_partitions
from functions.platform import rollup as timer
from shared.errors import Unavailable
from shared.governance.batch import pending
from shared.governance.rollup import roll_up
from shared.operations import export
from shared.operations.reports.days import used
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import usage
from shared.operations.reports.warehouse import Row, partitions
from shared.records.metered import SHARED
from shared.skill import Skill
from tests.lab import Lab
from tests.week import DAY, MONDAY, truth, week, write

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


def files_of(fabric: Lab) -> dict[str, str]:
    folder = fabric.settings.data_dir / "warehouse"
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.glob("day=*/*.ndjson"))
    }


async def test_each_day_goes_once_it_is_over_and_again_with_what_came_late(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(Skill("router", "Routes"))
    entries = week(4, 200, days=5)
    late, early = entries[:20], entries[20:]
    await write(fabric.store, early)
    wednesday = MONDAY + 2 * DAY + 3600

    await export.export_what_is_over(fabric, wednesday)
    first = files_of(fabric)
    assert list(first) == [f"day=2026-11-{day}/figures-v1.ndjson" for day in (16, 17)]

    await write(fabric.store, late)
    await export.export_what_is_over(fabric, wednesday + 3600)
    assert files_of(fabric) == first

    await export.export_what_is_over(fabric, wednesday + DAY)
    await roll_up(fabric.store, fabric.bots, fabric.settings.function_memory_mb)
    told = files_of(fabric)
    whole = dict(partitions(await used(fabric, ALL, EVER, present=True, shared=True)))
    assert told == {name: text for name, text in whole.items() if name < "day=2026-11-19"}


async def test_after_a_pause_all_days_since_the_last_are_written(lab: Callable[..., Lab]) -> None:
    fabric = lab(Skill("router", "Routes"))
    await write(fabric.store, week(4, 200, days=20))

    await export.export_what_is_over(fabric, MONDAY + DAY)
    await export.export_what_is_over(fabric, MONDAY + 20 * DAY)

    assert len(files_of(fabric)) == 20


async def test_a_name_from_elsewhere_leaves_the_folder_alone(lab: Callable[..., Lab]) -> None:
    fabric = lab(Skill("router", "Routes"))
    for name in ("../x", "day=1/../x", "a/b/c", "day=1/day=2/x", "/etc/x", "day=..%2f/x"):
        assert await fabric.warehouse.get(name) is None


class Shut:
    """A place that takes nothing."""

    async def put(self, name: str, body: bytes) -> None:
        raise Unavailable("the role is missing")

    async def close(self) -> None:
        """Nothing is held open."""


async def test_a_warehouse_that_takes_nothing_does_not_hold_up_the_figures(
    lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    fabric = lab(Skill("router", "Routes"))
    await write(fabric.store, week(4, 50))
    fabric.__dict__["warehouse"] = Shut()
    monkeypatch.setattr(timer, "fabric", lambda: fabric)
    monkeypatch.setattr(timer, "time", lambda: MONDAY + 8 * DAY)

    with pytest.raises(Unavailable):
        await timer.daily_figures.build().get_user_function()(None)

    assert {one.entry.bot for one in await pending(fabric.store, 100)} == {SHARED}
