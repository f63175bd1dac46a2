"""What no bot causes alone falls to the bots by rule, stays shared without one, and adds up."""

import asyncio
import io
import re
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.governance.batch import Tally, tallied
from shared.governance.prices import Price, Prices
from shared.governance.rollup import roll_up
from shared.operations.reports.allotment import NAME, allot, divided
from shared.operations.reports.chargeback import Bill, page
from shared.operations.reports.cost import Charge, charges, cost, falls_to, grouped, priced
from shared.operations.reports.days import Used
from shared.operations.reports.focus import write_focus
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import usage
from shared.records.figures import MONTH, Figures, joined, scale_of
from shared.records.metered import SHARED, booking, metered
from shared.skill import Skill
from tests.lab import Lab
from tests.week import DAY, MONDAY, week, write

FORTNIGHT = Period(MONDAY, MONDAY + 14 * DAY)
LATER = MONDAY + 30 * DAY
ROWS = [
    Price("functions.executions", "1M executions", 0.40, "2020-01-01", "a list", spread="turns"),
    Price("whatsapp.service.DE", "1 message", 0.055, "2020-01-01", "a list"),
    Price("logs.bytes", "1M bytes", 2.76, "2020-01-01", "a list", spread="turns"),
    Price("blobs.byte_months", "1M byte-months", 0.02, "2020-01-01", "a list"),
    Price("fixed.gateway", "1 month", 99.99, "2020-01-01", "a bill", spread="turns"),
    Price("fixed.gateway", "1 month", 77.77, "2026-11-19", "a bill", spread="even"),
    Price("fixed.monitor", "1 month", 10.01, "2026-11-18", "a bill"),
]
PRICES = Prices(ROWS)

Make = Callable[..., Lab]


def cents(found: list[Charge], name_of: Callable[[Charge], str]) -> Decimal:
    return sum((Decimal(str(row.usd)) for row in grouped(found, name_of)), Decimal())


def shared_day(day: str, meters: dict[str, int]) -> Used:
    names = {joined("", "", meter): number for meter, number in meters.items()}
    return Used(SHARED, day, "", "", Tally(Figures(meters=names)))


def month_of(seed: int, departments: int, *shared: Used) -> list[Used]:
    bots = [f"bot-{number:03d}" for number in range(30)]
    days = [
        Used(bot, day, f"D{int(bot[-3:]) % departments}", "", tally)
        for (bot, day), tally in tallied(week(seed, 300, bots=bots, days=14), 2048).items()
    ]
    for one in days[::7]:
        one.tally.figures.meters[joined("", "whatsapp", "whatsapp.service.DE")] = 1 + seed % 900
    return list(allot(PRICES, [*days, *shared], FORTNIGHT, LATER))


@given(st.integers(0, 10**12), st.lists(st.integers(0, 500), min_size=1, max_size=40))
def test_parts_add_up_and_are_nearly_in_proportion(number: int, weights: list[int]) -> None:
    if not sum(weights):
        weights[0] = 1
    found = divided(number, weights)

    assert sum(found) == number
    for part, weight in zip(found, weights, strict=True):
        assert abs(part * sum(weights) - number * weight) < sum(weights)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_every_way_to_cut_a_month_with_shared_and_fixed_costs_adds_up_to_the_cent(
    seed: int, departments: int, logged: int, stored: int
) -> None:
    shared = shared_day("2026-11-17", {"logs.bytes": logged, "blobs.byte_months": stored})
    found = list(priced(PRICES, month_of(seed, departments, shared)))
    for some in (
        found,
        [charge for charge in found if charge.department == "D0"],
        [charge for charge in found if charge.channel == "whatsapp"],
        [charge for charge in found if charge.skill == NAME],
        [charge for charge in found if charge.day > "2026-11-18"],
    ):
        total = sum((charge.usd or Decimal() for charge in some), Decimal())
        for name_of in (
            lambda charge: charge.bot,
            lambda charge: charge.department,
            lambda charge: charge.meter,
            lambda charge: charge.skill,
            lambda charge: charge.channel,
            lambda charge: charge.model,
            lambda charge: charge.day,
        ):
            assert cents(some, name_of) == total.quantize(Decimal("0.01"))


def test_nothing_is_lost_or_made_by_giving_it_to_bots() -> None:
    shared = shared_day("2026-11-17", {"logs.bytes": 1_000_003, "blobs.byte_months": 17})
    quantities: Counter[str] = Counter()
    for one in month_of(5, 4, shared):
        for name, number in one.tally.figures.meters.items():
            quantities[name.split("\t")[2]] += number

    assert quantities["logs.bytes"] == 1_000_003
    assert quantities["blobs.byte_months"] == 17
    assert quantities["fixed.gateway"] == sum_of_days(range(16, 30))
    assert quantities["fixed.monitor"] == sum_of_days(range(18, 30))


def sum_of_days(days: range) -> int:
    """Of November, which has 30, by the rule that the parts of a month add up to it."""
    return MONTH * (days.stop - 1) // 30 - MONTH * (days.start - 1) // 30


def test_a_whole_month_costs_what_its_row_says() -> None:
    begin = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
    period = Period(begin, begin + 31 * DAY)

    [charge] = grouped(list(priced(PRICES, allot(PRICES, [], period, LATER))), lambda c: c.bot)

    assert (charge.name, charge.usd) == (NAME, 99.99)


def test_by_turns_and_even_and_what_nobody_is_given() -> None:
    def day(bot: str, turns: int, at: str) -> Used:
        figures = Figures(turns={joined("echo", "web"): turns} if turns else {})
        return Used(bot, at, "D", "", Tally(figures))

    whole = Period(datetime(2026, 11, 18, tzinfo=UTC).timestamp(), MONDAY + 4 * DAY)
    days = [
        *(day("busy", 3, "2026-11-18"), day("calm", 1, "2026-11-18"), day("none", 0, "2026-11-18")),
        *(day("busy", 3, "2026-11-19"), day("calm", 1, "2026-11-19")),
    ]
    found = {
        (charge.day[-2:], charge.bot, charge.meter): charge.quantity * scale_of(charge.meter)
        for charge in priced(PRICES, allot(PRICES, days, whole, LATER))
    }

    part = sum_of_days(range(18, 19))
    assert abs(found["18", "busy", "fixed.gateway"] - part * 3 // 4) <= 1
    assert abs(found["18", "calm", "fixed.gateway"] - part // 4) <= 1
    assert abs(found["19", "busy", "fixed.gateway"] - found["19", "calm", "fixed.gateway"]) <= 1
    assert found["18", NAME, "fixed.monitor"] == part
    assert not [key for key in found if key[1] == "none"]


async def test_reports_have_it_and_usage_does_not(lab: Make, tmp_path: Path) -> None:
    fabric = lab(Skill("router", "Routes"))
    fabric.__dict__["prices"] = PRICES
    await write(fabric.store, week(3, 300))
    entry = metered(
        "log", SHARED, "", MONDAY + 60, {"logs.bytes": 4_000_000, "blobs.byte_months": 2}
    )
    await fabric.store.write(entry.partition, booking(entry))
    await roll_up(fabric.store, fabric.bots, 2048)

    whole = await cost(fabric, Scope(), FORTNIGHT)

    assert {row.name for row in whole.bots} == {"hr", "it", "sales", NAME}
    total = Decimal(str(whole.usd))
    for rows in (whole.bots, whole.departments, whole.skills, whole.models, whole.days):
        assert sum((Decimal(str(row.usd)) for row in rows), Decimal()) == total
    parts = [await falls_to(fabric, Scope(department=d.name), FORTNIGHT) for d in whole.departments]
    assert sum(parts, Decimal()) == total
    assert {row.bot for row in (await usage(fabric, Scope(), FORTNIGHT)).bots} == {
        *("hr", "it", "sales", "lab")
    }
    one = await cost(fabric, Scope(bot="hr"), FORTNIGHT)
    assert abs(Decimal(str(one.usd)) - Decimal(str(bots(whole)["hr"]))) <= Decimal("0.01")
    assert await focus_is_valid(await charges(fabric, Scope(), FORTNIGHT), tmp_path / "f.csv")


def bots(whole: object) -> dict[str, float]:
    return {row.name: row.usd for row in whole.bots}  # type: ignore[attr-defined]


async def focus_is_valid(found: list[Charge], path: Path) -> bool:
    text = io.StringIO()
    write_focus(found, text)
    await asyncio.to_thread(path.write_text, text.getvalue())
    assert ",by-turns," in text.getvalue()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "focus_data_toolkit.cli", "validate", str(path)),
        *("--dataset", "cost-and-usage"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return True


def test_the_bill_says_how_much_of_it_all_share() -> None:
    found = [charge for charge in priced(PRICES, month_of(2, 3)) if charge.department == "D1"]
    exact = sum((charge.usd or Decimal() for charge in found), Decimal())
    shared = sum((charge.usd or Decimal() for charge in found if charge.skill == NAME), Decimal())
    usd = exact.quantize(Decimal("0.01"))

    html = page(Bill("D1", FORTNIGHT, found, 40, MONDAY, usd))

    [told] = re.findall(r"<p>([\d.,]+) USD of it for what all bots share</p>", html)
    assert abs(Decimal(told.replace(",", "")) - shared) <= Decimal("0.01")
    assert "fixed.<wbr>gateway" in html
