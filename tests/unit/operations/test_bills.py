"""Bills: every way to cut the cost of a month adds up to the cent; what Azure billed beside it."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import ConfigurationError
from shared.governance.batch import tallied
from shared.governance.prices import Price, Prices
from shared.operations.reports.billed import OTHER, compare
from shared.operations.reports.chargeback import Bill, page
from shared.operations.reports.cost import Charge, charges, cost, falls_to, grouped, priced
from shared.operations.reports.days import Used
from shared.operations.reports.focus import write_focus
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.skill import Skill
from tests.lab import Lab
from tests.week import MONDAY, week, write

EVER = Period()
ROWS = [
    Price("functions.executions", "1M executions", 0.40, "2020-01-01", "a list"),
    Price("functions.gb_seconds", "1 GB-second", 0.000026, "2020-01-01", "a list"),
    Price("tokens.gpt.input", "1k tokens", 0.4, "2020-01-01", "a list"),
    Price("tokens.gpt.input", "1k tokens", 0.7, "2026-11-19", "a list"),
    Price("servicebus.operations", "1k operations", 0.8, "2020-01-01", "a list"),
]


def cents(groups: list) -> Decimal:  # type: ignore[type-arg]
    return sum((Decimal(str(row.usd)) for row in groups), Decimal())


def charged(seed: int, departments: int) -> list[Charge]:
    """A month of 100 bots in so many departments."""
    bots = [f"bot-{number:03d}" for number in range(100)]
    entries = week(seed, 600, bots=bots, days=14)
    days = [
        Used(bot, day, f"D{int(bot[-3:]) % departments}", "", tally)
        for (bot, day), tally in tallied(entries, 2048).items()
    ]
    return list(priced(Prices(ROWS), days))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(0, 11))
def test_bots_and_departments_add_up_to_the_same_total_under_any_filter(
    seed: int, departments: int, only: int
) -> None:
    found = charged(seed, departments)
    for some in (
        found,
        [charge for charge in found if charge.department == f"D{only}"],
        [charge for charge in found if charge.channel == "web"],
        [charge for charge in found if charge.day > "2026-11-19"],
    ):
        total = sum((charge.usd or Decimal() for charge in some), Decimal())
        total = total.quantize(Decimal("0.01"))
        for name_of in (
            lambda charge: charge.bot,
            lambda charge: charge.department,
            lambda charge: charge.meter,
            lambda charge: charge.skill,
            lambda charge: charge.day,
        ):
            assert cents(grouped(some, name_of)) == total


async def test_the_bills_of_all_departments_add_up_to_that_of_the_platform(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(Skill("router", "Routes"))
    fabric.__dict__["prices"] = Prices(ROWS)
    await write(fabric.store, week(3, 500))
    whole = await cost(fabric, Scope(), EVER)
    assert cents(whole.bots) == cents(whole.departments) == cents(whole.days)
    assert cents(whole.bots) == Decimal(str(whole.usd))

    parts = [await falls_to(fabric, Scope(department=d.name), EVER) for d in whole.departments]

    assert sum(parts, Decimal()) == Decimal(str(whole.usd))


def test_the_page_adds_up_to_what_falls_to_the_department() -> None:
    found = [charge for charge in charged(1, 5) if charge.department == "D2"]
    exact = sum((charge.usd or Decimal() for charge in found), Decimal())
    usd = exact.quantize(Decimal("0.01")) + Decimal("0.01")

    html = page(Bill("D2", Period(MONDAY, MONDAY + 14 * 86_400), found, 40, MONDAY, usd))

    assert f"{usd:,.2f} USD" in html
    assert "2026-11-16 to 2026-11-29" in html
    bodies = re.findall(r"<tbody>(.*?)</tbody><tfoot>", html)
    assert len(bodies) == 4
    assert "no price" in html
    for body in bodies:
        amounts = re.findall(r"<td class=n>([\d,.]+)</td>", body)
        assert sum(Decimal(amount.replace(",", "")) for amount in amounts) == usd


def test_what_a_manifest_says_is_text_on_the_page() -> None:
    html = page(Bill('<script>alert("x")</script>', EVER, [], 0, MONDAY, Decimal("0.00")))
    assert "<script>" not in html


ACTUAL = """\
\ufeffDate,MeterCategory,ConsumedService,CostInBillingCurrency,BillingCurrencyCode
11/17/2026,Functions,Microsoft.Web,10.00,USD
11/18/2026,Azure Cosmos DB,Microsoft.DocumentDB,2.50,USD
11/18/2026,Virtual Network,Microsoft.Network,1.25,USD
12/01/2026,Functions,Microsoft.Web,99.00,USD
"""


def test_an_export_of_azure_stands_beside_what_was_predicted() -> None:
    one = Price("functions.executions", "1 execution", 0.5, "2020-01-01", "a list")
    charge = Charge("it", "IT", "", "s", "web", "2026-11-17", one.meter, Decimal(22), one)

    rows = compare([charge], io.StringIO(ACTUAL), Period(MONDAY, MONDAY + 14 * 86_400))

    assert [(row.service, row.predicted, row.billed, row.off) for row in rows] == [
        ("functions", 11.0, 10.0, 0.1),
        ("cosmos", 0.0, 2.5, -1.0),
        (OTHER, 0.0, 1.25, -1.0),
    ]


def test_our_own_focus_file_is_what_was_predicted() -> None:
    found = charged(2, 3)
    file = io.StringIO()
    write_focus(found, file)
    file.seek(0)

    assert {row.off for row in compare(found, file, EVER)} == {0.0}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no column of a cost"),
        ("a,b\n1,2\n", "no column of a cost"),
        ("Date,CostInUsd\n2026-11-01,1\n", "names no service"),
        ("Date,MeterCategory,CostInUsd\nyesterday,Functions,1\n", "line 2"),
        ("Date,MeterCategory,CostInUsd\n2026-11-01,Functions,much\n", "line 2"),
        ("Date,MeterCategory,CostInUsd,Currency\n2026-11-01,Functions,1,EUR\n", "in USD"),
    ],
)
def test_what_is_no_export_is_refused_with_what_to_export(text: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        compare([], io.StringIO(text), EVER)


def test_the_base_charge_of_a_service_is_compared_with_its_bill() -> None:
    row = Price("fixed.cosmos", "1 month", 2.0, "2020-01-01", "a list")
    other = Price("fixed.office", "1 month", 5.0, "2020-01-01", "a list")
    day = Charge("it", "IT", "", "shared", "", "2026-11-18", row.meter, Decimal(1), row)
    file = io.StringIO()
    both = [day, replace(day, meter=other.meter, price=other)]
    write_focus(both, file)
    file.seek(0)

    rows = compare(both, file, Period(MONDAY, MONDAY + 14 * 86_400))

    assert [(row.service, row.predicted, row.billed) for row in rows] == [
        ("fixed", 5.0, 5.0),
        ("cosmos", 2.0, 2.0),
    ]


async def test_charges_of_a_price_that_changes_are_split_by_day(lab: Callable[..., Lab]) -> None:
    fabric = lab(Skill("router", "Routes"))
    fabric.__dict__["prices"] = Prices(ROWS)
    await write(fabric.store, week(4, 300))

    for charge in await charges(fabric, Scope(), EVER):
        if charge.meter == "tokens.gpt.input" and charge.price:
            begun = "2026-11-19" if charge.day >= "2026-11-19" else "2020-01-01"
            assert charge.price.effective_from == begun


def test_every_service_that_has_a_price_is_looked_for_in_the_bill() -> None:
    from shared.manifest.prices import load_prices
    from shared.operations.reports.billed import SERVICES

    root = Path(__file__).parents[3]
    meters = load_prices(root / "prices.toml").meters
    assert {meter.partition(".")[0] for meter in meters} <= set(SERVICES)
