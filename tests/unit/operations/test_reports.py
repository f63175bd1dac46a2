"""Usage, slow integrations and cost: the figures are those of what happened, to the cent."""

import asyncio
import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ConfigurationError, PermanentError
from shared.governance.prices import Price, Prices
from shared.observability.meter import BackendCall, ModelCall, record, record_backend
from shared.operations.reports.cost import Charge, charges, cost
from shared.operations.reports.cost import grouped as groups
from shared.operations.reports.focus import COLUMNS, write_focus
from shared.operations.reports.period import Period, period
from shared.operations.reports.slow import slow
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import usage
from shared.ports.models import Usage
from shared.records.ledger_entry import Done, LedgerEntry
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]
EVER, ALL = Period(), Scope()
ROWS = [
    Price("functions.executions", "1M executions", 0.40, "2020-01-01", "a list"),
    Price("functions.gb_seconds", "1 GB-second", 0.000026, "2020-01-01", "a list"),
    Price("tokens.gpt.input", "1M tokens", 2.0, "2020-01-01", "a list"),
    Price("tokens.gpt.cached", "1M tokens", 0.5, "2020-01-01", "a list"),
]


def office() -> Skill:
    skill = Skill("office", "Answers with a model and a backend")

    @skill.on_message
    async def answer(turn: Turn) -> None:
        if turn.text == "break":
            raise PermanentError("no_such_thing")
        record(ModelCall("default", "gpt", "chat", Usage(1_000_000, 1_000, cached_tokens=400_000)))
        record_backend(BackendCall("crm", "GET /orders", "ok", 3.0, 1))
        record_backend(BackendCall("mail", "POST /send", "unavailable", 0.2, 3, open_seconds=20.5))
        turn.reply("here")

    return skill


async def talked(lab: Make) -> Lab:
    fabric = lab(office())
    for text, conversation in (("one", "a"), ("two", "a"), ("one", "b"), ("break", "b")):
        await fabric.say(text, conversation=conversation)
        await fabric.drain()
    fabric.__dict__["prices"] = Prices(ROWS)
    return fabric


async def test_usage_counts_people_turns_and_deaths(lab: Make) -> None:
    report = await usage(await talked(lab), ALL, EVER)

    [row] = report.bots
    assert (row.bot, row.conversations, row.people, row.turns) == ("lab", 2, 1, 3)
    assert (row.replies, row.dead, row.contained, row.handed_over) == (3, 1, 2, 0)
    assert row.channels == {"web": 3}
    assert row.skills == {"office": 3}
    assert report.totals["turns"] == 3


async def test_what_a_bot_is_worth_stands_beside_its_cost(lab: Make) -> None:
    fabric = lab(office(), manifest="[value]\nusd_per_resolved = 6.5")
    for conversation in ("a", "a", "b"):
        await fabric.say("one", conversation=conversation)
        await fabric.drain()
    fabric.__dict__["prices"] = Prices(ROWS)
    report = await cost(fabric, ALL, EVER)
    [row] = report.value
    assert (row.bot, row.resolved, row.assumed, row.worth_usd) == ("lab", 2, 6.5, 13.0)
    assert row.cost_usd == report.usd > 0


@pytest.mark.parametrize(
    ("unless", "solved"),
    [
        ('["person"]', 3),
        ('["unanswered"]', 3),
        ('["disliked"]', 3),
        ('["person", "disliked"]', 2),
        ('["person", "unanswered", "disliked"]', 1),
        ("[]", 4),
    ],
)
async def test_what_counts_as_solved_is_the_manifests_rule(
    lab: Make, unless: str, solved: int
) -> None:
    table = f"[value]\nusd_per_resolved = 2.0\nsolved_unless = {unless}"
    fabric = lab(office(), manifest=table)
    happened = {"a": {}, "b": {"unanswered": 1}, "c": {"disliked": 1}, "d": {}}
    for name, noted in happened.items():
        skill = "handoff" if name == "d" else "office"
        done = Done(type="message", person=name, replies=1, noted=noted)
        entry = LedgerEntry(id=f"ledger:{name}", bot="lab", skill=skill, at=time(), done=done)
        await fabric.store.write(f"lab.web.{name}", entry.put())

    [row] = (await usage(fabric, ALL, EVER)).bots
    assert (row.contained, row.containment, row.conversations) == (solved, solved / 4, 4)
    assert row.solved_unless == json.loads(unless)
    assert (await cost(fabric, ALL, EVER)).value[0].worth_usd == 2.0 * solved


async def test_a_bot_that_assumes_no_value_has_none(lab: Make) -> None:
    assert (await cost(await talked(lab), ALL, EVER)).value == []


async def test_a_turn_that_runs_again_counts_once(lab: Make) -> None:
    fabric = lab(office())
    await fabric.say("one")
    [delivery] = await fabric.deliveries()

    await fabric._function(delivery)
    await fabric._function(delivery)

    [row] = (await usage(fabric, ALL, EVER)).bots
    assert row.turns == 1
    assert [one.calls for one in await slow(fabric, ALL, EVER)] == [1, 1, 1]


async def test_the_slowest_integration_is_the_first_line(lab: Make) -> None:
    first, *others = await slow(await talked(lab), ALL, EVER)

    assert (first.name, first.p95, first.calls, first.bots) == ("crm", 3.0, 3, ["lab"])
    assert {one.name: one.errors for one in others} == {"mail": 3, "model gpt": 0}
    assert {one.name: one.open for one in others} == {"mail": 61.5, "model gpt": 0}


async def test_cached_tokens_cost_less_and_what_has_no_price_is_named(lab: Make) -> None:
    report = await cost(await talked(lab), ALL, EVER)

    by_meter = {group.name: group.usd for group in report.meters}
    assert by_meter["tokens.gpt.input"] == 3.6
    assert by_meter["tokens.gpt.cached"] == 0.6
    assert {group.name: group.usd for group in report.models} == {"gpt": 4.2, "no model": 0.0}
    assert report.unpriced == {"tokens.gpt.output": 3_000.0, "servicebus.operations": 12.0}
    assert report.usd == 4.2
    assert report.usd_per_1000_conversations == pytest.approx(2_100.0, rel=1e-3)


async def test_a_bot_of_yesterday_keeps_its_costs(lab: Make) -> None:
    fabric = await talked(lab)
    before = await cost(fabric, ALL, EVER)
    fabric.bots.clear()

    after = await cost(fabric, ALL, EVER)

    assert after.usd == before.usd
    assert [group.name for group in after.departments] == ["unallocated"]


async def test_another_department_and_another_time_have_nothing(lab: Make) -> None:
    fabric = await talked(lab)

    assert (await usage(fabric, Scope(departments=frozenset({"HR"})), EVER)).bots == []
    assert (await cost(fabric, ALL, Period(until=time() - 3600))).usd == 0
    assert await slow(fabric, Scope(bot="other"), EVER) == []


AMOUNTS = st.integers(0, 10**9).map(lambda n: Decimal(n) / 10_000_000)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), AMOUNTS), min_size=1, max_size=40
    )
)
def test_every_way_to_group_adds_up_to_the_same_cents(
    parts: list[tuple[str, str, Decimal]],
) -> None:
    one_dollar = Price("m", "1 thing", 1.0, "2020-01-01", "a list")
    found = [
        Charge(bot, department, "", "s", "web", "2026-11-01", "m", usd, one_dollar)
        for bot, department, usd in parts
    ]
    total = sum((usd for _, _, usd in parts), Decimal()).quantize(Decimal("0.01"))

    for group in (groups(found, lambda c: c.bot), groups(found, lambda c: c.department)):
        assert sum(Decimal(str(row.usd)) for row in group) == total


@given(st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 1, 1)))
def test_a_day_has_the_price_of_its_row(day: date) -> None:
    rows = [
        Price("m", "1 thing", 1.0, "2026-06-01", "old"),
        Price("m", "1 thing", 2.0, "2026-07-15", "new"),
    ]
    prices = Prices(rows)
    moment = period(str(day), "", 0.0).since

    price = prices.at("m", moment)

    expected = None if str(day) < "2026-06-01" else "old" if str(day) < "2026-07-15" else "new"
    assert (price.source if price else None) == expected


async def test_the_focus_file_is_valid_and_the_same_again(lab: Make, tmp_path: Path) -> None:
    found = await charges(await talked(lab), ALL, EVER)
    files = [io.StringIO(), io.StringIO()]
    for file in files:
        write_focus(found, file)
    rows = list(csv.DictReader(io.StringIO(files[0].getvalue())))
    path = tmp_path / "focus.csv"
    path.write_text(files[0].getvalue())

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "focus_data_toolkit.cli", "validate", str(path)),
        *("--dataset", "cost-and-usage"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()

    assert process.returncode == 0, said.decode()
    assert files[0].getvalue() == files[1].getvalue()
    assert tuple(rows[0]) == COLUMNS
    billed = sum(Decimal(row["BilledCost"]) for row in rows)
    assert billed == sum((charge.usd or Decimal() for charge in found), Decimal())


@pytest.mark.parametrize("text", ["nonsense", "12", "7 d", "2026-13-01", "99999w"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="write 12h, 7d or 4w"):
        period(text, "", time())


def test_times_ago_and_days() -> None:
    assert period("12h", "1h", 100_000.0) == Period(100_000.0 - 43_200, 96_400.0)
    assert period("1970-01-02", "", 0.0).since == 86_400.0


def test_a_time_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="ends before it begins"):
        period("1d", "2d", 1e6)
