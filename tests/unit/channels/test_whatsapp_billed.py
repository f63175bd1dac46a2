"""What Meta bills for a message is booked once, by category and country, on the day it says so."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from shared.activity import ConversationReference
from shared.channels.whatsapp.billed import country_of, meter_of
from shared.channels.whatsapp.inbound import received
from shared.governance.prices import Price, Prices
from shared.governance.rollup import roll_up
from shared.operations.reports.cost import charges, cost
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.pipeline.door.receipts import record_receipt
from shared.ports.channel import Receipt
from shared.skill import Skill
from tests.lab import Lab

DELIVERED = datetime(2026, 11, 16, 9, tzinfo=UTC)
REGULAR_DE = "whatsapp.service.DE"
EVER, ALL = Period(), Scope()
REGULAR = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}
ROWS = [
    Price("whatsapp.service.DE", "1 message", 0.05, "2026-10-01", "a list"),
    Price("whatsapp.service.DE", "1 message", 0.08, "2026-11-20", "a list"),
    Price("whatsapp.marketing.BR", "1 message", 0.02, "2026-10-01", "a list"),
    Price("whatsapp.free_entry_point", "1 message", 0.0, "2026-10-01", "a list"),
]
FIRST = Price(
    "whatsapp.first", "1 message", 0.0, "2026-10-01", "a list", "whatsapp.service", first_a_month=3
)


@pytest.fixture
async def fabric(lab: Callable[..., Lab]) -> Lab:
    made = lab(Skill("echo", "Echoes"))
    made.__dict__["prices"] = Prices(ROWS)
    return made


def receipt(message: str, status: str, meter: str, at: datetime = DELIVERED) -> Receipt:
    reference = ConversationReference("lab", "whatsapp", "DE.1", user="491701234567")
    return Receipt(reference, message, status, time=at.isoformat(), meter=meter)


async def quantities(fabric: Lab) -> dict[str, int]:
    return {one.meter: int(one.quantity) for one in await charges(fabric, ALL, EVER)}


@pytest.mark.parametrize(
    ("status", "pricing", "meter"),
    [
        ("delivered", REGULAR, "whatsapp.service.DE"),
        ("read", {**REGULAR, "category": "utility"}, "whatsapp.utility.DE"),
        ("played", {**REGULAR, "category": "marketing_lite"}, "whatsapp.marketing_lite.DE"),
        ("delivered", {**REGULAR, "category": "of tomorrow"}, "whatsapp.other.DE"),
        ("delivered", {**REGULAR, "category": ["x"]}, "whatsapp.other.DE"),
        ("delivered", {**REGULAR, "type": "free_entry_point"}, "whatsapp.free_entry_point"),
        ("delivered", {"billable": False, "category": "service"}, "whatsapp.not_billable"),
        ("sent", REGULAR, ""),
        ("failed", REGULAR, ""),
        ("delivered", None, ""),
        ("delivered", "regular", ""),
    ],
)
def test_a_status_names_its_meter(status: str, pricing: Any, meter: str) -> None:
    assert meter_of({"status": status, "pricing": pricing}, "DE.4711", "") == meter


@pytest.mark.parametrize(
    ("user_id", "phone", "country"),
    [
        ("BR.123", "491701234567", "BR"),
        ("US.ENT.9a", "", "US"),
        ("", "491701234567", "DE"),
        ("", "14165550123", "CA"),
        ("", "77011234567", "KZ"),
        ("", "999", "ZZ"),
        ("", "", "ZZ"),
        ("nonsense", "", "ZZ"),
    ],
)
def test_the_country_is_that_of_the_person(user_id: str, phone: str, country: str) -> None:
    assert country_of(user_id, phone) == country


def test_a_webhook_brings_the_meter_of_each_status(fabric: Lab) -> None:
    status = {
        **{"id": "wamid.1", "status": "delivered", "timestamp": "1794819600"},
        **{"recipient_id": "551199999999", "pricing": {**REGULAR, "category": "marketing"}},
        "biz_opaque_callback_data": "fabric BR.77 effect-1",
    }
    value = {"metadata": {"phone_number_id": "1"}, "statuses": [status]}
    entry = {"changes": [{"field": "messages", "value": value}]}
    body = {"object": "whatsapp_business_account", "entry": [entry]}

    [found] = received(body, {"1": fabric.bots["lab"]}, now=1794819700.0).receipts

    assert (found.meter, found.reference.conversation) == ("whatsapp.marketing.BR", "BR.77")


@pytest.mark.parametrize("seed", range(4))
async def test_statuses_in_any_order_and_number_book_a_message_once(fabric: Lab, seed: int) -> None:
    statuses = [
        receipt(f"wamid.{number}", state, meter)
        for number in range(5)
        for state, meter in (("sent", ""), ("delivered", REGULAR_DE), ("read", REGULAR_DE))
    ] * 2
    Random(seed).shuffle(statuses)
    for number, one in enumerate(statuses):
        await record_receipt(fabric, one)
        if number % 7 == 0:
            await roll_up(fabric.store, fabric.bots, 2048)

    assert await quantities(fabric) == {REGULAR_DE: 5}
    report = await cost(fabric, ALL, EVER)
    assert (report.usd, report.conversations) == (0.25, 0)
    assert [(row.name, row.usd) for row in report.channels] == [("whatsapp", 0.25)]


async def test_a_read_of_the_next_month_is_of_the_same_bill(fabric: Lab) -> None:
    await record_receipt(
        fabric, receipt("m", "delivered", REGULAR_DE, datetime(2026, 10, 31, 23, tzinfo=UTC))
    )
    await record_receipt(
        fabric, receipt("m", "read", REGULAR_DE, datetime(2026, 11, 1, 1, tzinfo=UTC))
    )

    [charge] = await charges(fabric, ALL, EVER)
    assert (charge.day, int(charge.quantity)) == ("2026-10-31", 1)


async def test_a_booking_that_died_is_made_when_the_status_comes_again(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.pipeline.door import billing

    async def dies(*_: Any) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(billing, "book", dies)
        with pytest.raises(OSError, match="killed"):
            await record_receipt(fabric, receipt("m", "delivered", REGULAR_DE))

    await record_receipt(fabric, receipt("m", "delivered", REGULAR_DE))
    assert await quantities(fabric) == {REGULAR_DE: 1}


async def test_the_first_of_a_month_are_on_their_own_meter(fabric: Lab) -> None:
    fabric.__dict__["prices"] = Prices([*ROWS, FIRST])
    for _ in range(2):
        for number in range(5):
            await record_receipt(fabric, receipt(f"m{number}", "delivered", REGULAR_DE))
    await record_receipt(fabric, receipt("ad", "delivered", "whatsapp.marketing.BR"))

    assert await quantities(fabric) == {
        "whatsapp.first": 3,
        REGULAR_DE: 2,
        "whatsapp.marketing.BR": 1,
    }
    assert (await cost(fabric, ALL, EVER)).usd == 0.12


async def test_a_price_change_in_the_month_splits_it_and_what_has_none_is_named(
    fabric: Lab,
) -> None:
    later = datetime(2026, 11, 21, tzinfo=UTC)
    for number, (meter, at) in enumerate(
        [(REGULAR_DE, DELIVERED), (REGULAR_DE, later), ("whatsapp.service.FR", later)]
    ):
        await record_receipt(fabric, receipt(f"m{number}", "delivered", meter, at))

    report = await cost(fabric, ALL, EVER)

    assert report.usd == 0.13
    assert report.unpriced == {"whatsapp.service.FR": 1.0}


async def test_a_part_of_a_day_has_what_was_delivered_in_it(fabric: Lab) -> None:
    for hour in (9, 15):
        at = DELIVERED.replace(hour=hour)
        await record_receipt(fabric, receipt(f"m{hour}", "delivered", REGULAR_DE, at))
    await roll_up(fabric.store, fabric.bots, 2048)

    noon = DELIVERED.replace(hour=12).timestamp()
    [charge] = await charges(fabric, ALL, Period(noon, noon + 86_400))
    assert charge.quantity == 1
