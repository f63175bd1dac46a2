"""Seconds heard, characters translated and pages read: held before, settled after, on the bill."""

from collections.abc import AsyncIterator
from pathlib import Path
from time import time

import pytest

from shared.governance.department import Department
from shared.governance.governed_senses import DOCUMENTS, SPEECH, TRANSLATOR
from shared.governance.limits.spending import FLOAT_SHARE
from shared.governance.prices import Price, Prices
from shared.manifest.prices import load_prices
from shared.observability import trace
from shared.observability.trace import Span
from shared.operations.reports.budgets import budgets
from shared.operations.reports.cost import charges, cost
from shared.operations.reports.focus import write_focus
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.ports.store import every
from shared.records.dead_letter import PREFIX, DeadLetter
from stand_ins.documents.scan import photo, scanned_pdf
from stand_ins.openai.faults import Fault
from stand_ins.speech.sound import Recording, record
from tests.lab import Lab
from tests.unit.media.senses import Make, Services, file, heard, running, understanding

ROOT = Path(__file__).parents[3]
BUDGET = "[quota]\nbudget_usd_per_month = 1"
USED_UP = "I have used up what I may spend on answers for now. Please ask again later."
POLISH = "Jak długo trwa zwrot pieniędzy?"
ROWS = [
    Price(SPEECH, "3600 seconds", 3600.0, "2020-01-01", "a list"),
    Price(TRANSLATOR, "1 characters", 0.01, "2020-01-01", "a list"),
    Price(DOCUMENTS, "1 pages", 0.25, "2020-01-01", "a list"),
]
"""A second of speech costs a dollar, a character a cent, a page a quarter."""


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with running() as found:
        yield found


def priced(lab: Make, services: Services, manifest: str = BUDGET) -> Lab:
    fabric = services.connect(lab(understanding(), manifest=manifest))
    fabric.__dict__["prices"] = Prices(ROWS)
    return fabric


def voice(seconds: float) -> dict[str, object]:
    return file(record(Recording("hello there", seconds)), "audio/ogg")


async def spent(fabric: Lab) -> float:
    """What is spent of the bot's dollar; nothing is held any more but the process' float."""
    await fabric.spending.booked()
    [row] = await budgets(fabric, Scope())
    assert row.held <= FLOAT_SHARE
    return row.spent


@pytest.mark.parametrize(
    ("text", "files", "usd"),
    [
        ("", [voice(0.5)], 0.5),
        (POLISH, [], 0.31),
        ("", [file(scanned_pdf(["one", "two"]), "application/pdf")], 0.5),
        ("", [file(photo("one"), "image/jpeg")], 0.25),
    ],
    ids=["voice", "translation", "scan", "photo"],
)
async def test_a_call_costs_what_it_billed_and_holds_nothing_afterwards(
    lab: Make, services: Services, text: str, files: list[dict[str, object]], usd: float
) -> None:
    fabric = priced(lab, services)
    assert len(await heard(fabric, text, *files)) == 1

    assert await spent(fabric) == pytest.approx(usd)
    assert (await cost(fabric, Scope(), Period())).usd == pytest.approx(usd, abs=0.01)


async def test_what_is_used_up_is_said_and_no_service_is_asked(
    lab: Make, services: Services
) -> None:
    fabric = priced(lab, services)
    assert await heard(fabric, "", voice(1.5)) == ["hello there"]
    said = [
        await heard(fabric, "", voice(0.5)),
        await heard(fabric, POLISH),
        await heard(fabric, "", file(photo("one"), "image/jpeg")),
    ]

    assert said == [[USED_UP]] * 3
    assert [len(service.asked) for service in services.all.values()] == [1, 0, 0]


async def test_a_department_pays_as_well(lab: Make, services: Services) -> None:
    fabric = priced(lab, services, "")
    department = Department("Research", "Research", budget_usd_per_month=1.0)
    fabric.departments = {"Research": department}
    said = [await heard(fabric, "", voice(1.5)), await heard(fabric, "", voice(1.5))]

    assert said == [["hello there"], [USED_UP]]


@pytest.mark.parametrize(
    ("fault", "usd"),
    [(Fault(status=503, headers={"Retry-After": "6"}), 0.0), (Fault("lost"), 0.5)],
    ids=["refused", "answer lost"],
)
async def test_what_may_have_been_done_is_booked_and_nothing_else(
    lab: Make, services: Services, fault: Fault, usd: float
) -> None:
    fabric = priced(lab, services)
    services.speech.fail(fault)
    key = await fabric.say("", attachments=[voice(0.5)])
    [delivery] = await fabric.deliveries()
    await fabric.run(delivery)

    assert await spent(fabric) == pytest.approx(usd, abs=0.03)
    [entry] = await fabric.entries(key)
    [call] = entry.service_calls
    assert (call.meter, call.outcome) == (SPEECH, "unavailable")
    assert call.amount == pytest.approx(usd, abs=0.03)


async def test_a_meter_without_a_price_is_refused_where_there_is_a_budget(
    lab: Make, services: Services
) -> None:
    fabric = priced(lab, services)
    fabric.__dict__["prices"] = Prices(())
    await heard(fabric, "", voice(0.5))

    assert services.speech.asked == []
    [letter] = [item async for item in every(fabric.store, PREFIX)]
    assert DeadLetter.from_item(letter).reason == "unpriced_service"


async def test_without_a_budget_it_is_written_down_and_unpriced(
    lab: Make, services: Services
) -> None:
    fabric = priced(lab, services, "")
    fabric.__dict__["prices"] = Prices(())
    await heard(fabric, "", voice(0.5))

    assert (await cost(fabric, Scope(), Period())).unpriced[SPEECH] == 0.5


async def test_the_bill_names_the_services(lab: Make, services: Services, tmp_path: Path) -> None:
    fabric = priced(lab, services, "")
    await heard(fabric, POLISH, voice(2.0), file(photo("one"), "image/jpeg"))
    found = await charges(fabric, Scope(), Period())
    with (tmp_path / "bill.csv").open("w") as bill:
        write_focus(found, bill)

    used = {charge.meter: float(charge.quantity) for charge in found}
    assert (used[SPEECH], used[TRANSLATOR], used[DOCUMENTS]) == (2.0, len(POLISH), 1)
    written = (tmp_path / "bill.csv").read_text()
    for name in ("Azure AI Speech", "Azure AI Translator", "Azure AI Document Intelligence"):
        assert name in written


async def test_each_call_is_a_span_without_a_word_of_it(lab: Make, services: Services) -> None:
    fabric, spans = priced(lab, services), list[Span]()
    trace.export_to(spans.append)
    try:
        await heard(fabric, "", voice(0.5))
    finally:
        trace.export_to(None)

    [span] = [span for span in spans if span.name == "service speech"]
    assert span.attributes == {"bot.service.amount": 0.5, "bot.service.unit": "seconds"}


def test_the_price_list_has_every_meter() -> None:
    prices = load_prices(ROOT / "prices.toml")

    assert {SPEECH, TRANSLATOR, DOCUMENTS} <= set(prices.meters)
    assert all(prices.at(meter, time()) for meter in (SPEECH, TRANSLATOR, DOCUMENTS))
