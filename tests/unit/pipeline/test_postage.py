"""A message that its channel charges for is held to limits of money, and booked when it went."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.activity import Activity, ConversationReference
from shared.errors import TransientError, Unavailable
from shared.governance.department import Department
from shared.governance.limits.spending import Spending
from shared.governance.prices import Price, Prices
from shared.operations.reports.budgets import budgets
from shared.operations.reports.turns import Scope
from shared.pipeline.door import accept
from shared.pipeline.door.receipts import record_receipt
from shared.pipeline.outbox.postage import stamped
from shared.ports.channel import Inbound, Receipt
from shared.ports.store import every
from shared.records.dead_letter import PREFIX, DeadLetter
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]

BUDGET = "[quota]\nbudget_usd_per_month = 1"
USED_UP = "I have used up what I may spend on answers for now. Please ask again later."
QUARTER = Price("whatsapp.service.NL", "1 messages", 0.25, "2020-01-01", "a list")

parrot = Skill("parrot", "Says it again", capabilities=["say again"])


@parrot.on_message
async def again(turn: Turn) -> None:
    turn.reply(turn.text)


def priced(lab: Make, manifest: str = BUDGET, price: Price = QUARTER) -> Lab:
    fabric = lab(parrot, manifest=manifest)
    fabric.__dict__["prices"] = Prices([price])
    return fabric


async def write(
    fabric: Lab,
    text: str,
    *,
    channel: str = "whatsapp",
    person: str = "ann",
    until: Callable[[], bool] | None = None,
) -> None:
    """A person writes, and the bot does what it can."""
    fabric.count += 1
    activity = Activity(type="message", id=f"m{fabric.count}", text=text)
    reference = ConversationReference(
        "lab", channel, f"NL.{person}", user=person, account="1", reply_to=activity.id
    )
    await accept.accept(fabric, [Inbound(fabric.bots["lab"], reference, activity)])
    await fabric.drain(until)


async def spent(fabric: Lab) -> float:
    await fabric.spending.booked()
    [row] = await budgets(fabric, Scope())
    return row.spent


async def given_up(fabric: Lab) -> list[DeadLetter]:
    return [DeadLetter.from_item(item) async for item in every(fabric.store, PREFIX)]


async def test_a_reply_on_whatsapp_is_booked_and_one_on_the_web_is_not(lab: Make) -> None:
    fabric = priced(lab)

    await write(fabric, "one")
    await write(fabric, "two", channel="web")

    assert await spent(fabric) == 0.25
    assert {text for _, text in said(fabric)} == {"one", "two"}


async def test_when_the_money_is_used_up_a_person_is_told_once_and_nothing_is_lost(
    lab: Make,
) -> None:
    fabric = priced(lab)
    for text in ("one", "two", "three", "four", "five", "six"):
        await write(fabric, text)

    assert [text for _, text in said(fabric)] == ["one", "two", "three", "four", USED_UP]
    [letter] = await given_up(fabric)
    assert letter.reason == "over_budget"
    assert await spent(fabric) == 1.25

    await write(fabric, "seven", person="ben")
    assert said(fabric)[-1] == ("NL.ben", USED_UP)


async def test_twenty_at_once_pass_the_limit_by_one_message_at_most(lab: Make) -> None:
    fabric = priced(lab, price=Price("whatsapp.service.NL", "1 messages", 0.15, "2020-01-01", "a"))
    for number in range(20):
        fabric.count += 1
        activity = Activity(type="message", id=f"m{number}", text=f"text {number}")
        reference = ConversationReference(
            "lab", "whatsapp", f"NL.p{number}", user="ann", account="1", reply_to=activity.id
        )
        await accept.accept(fabric, [Inbound(fabric.bots["lab"], reference, activity)])

    await asyncio.gather(*(fabric.run(one) for one in await fabric.deliveries()))
    await fabric.drain()

    answers = [text for _, text in said(fabric) if text != USED_UP]
    assert len(answers) == 7  # the seventh begins at 0.90 of a dollar


async def test_a_department_holds_its_bots_too(lab: Make) -> None:
    fabric = priced(lab, manifest="")
    department = Department("Research", owner="owner@contoso.example", budget_usd_per_month=0.5)
    fabric.__dict__["departments"] = {"Research": department}

    for text in ("one", "two", "three"):
        await write(fabric, text)

    assert [text for _, text in said(fabric)] == ["one", "two", USED_UP]


@pytest.mark.parametrize(("maybe_done", "booked"), [(False, 0.25), (True, 0.5)])
async def test_a_send_that_failed_is_booked_only_if_it_may_have_gone(
    lab: Make, maybe_done: bool, booked: float
) -> None:
    fabric = priced(lab)
    fabric.memory.failures = [TransientError("graph", after=0.01, maybe_done=maybe_done)]

    await write(fabric, "one")
    await fabric.drain(until=lambda: bool(fabric.memory.sent))

    assert await spent(fabric) == booked


async def test_a_template_is_held_at_the_dearest_it_may_be(lab: Make) -> None:
    fabric = priced(lab)
    rows = [("marketing", 0.5), ("utility", 0.1), ("service", 0.2)]
    fabric.__dict__["prices"] = Prices(
        Price(f"whatsapp.{kind}.NL", "1 message", usd, "2020-01-01", "a list") for kind, usd in rows
    )
    template = {"whatsapp": {"template": {"name": "hello", "language": {"code": "en"}}}}
    activity = Activity(type="message", id="t", channelData=template)
    reference = ConversationReference("lab", "whatsapp", "NL.ann", user="ann", account="1")

    async def send(_: Activity) -> str:
        return "wamid"

    await stamped(fabric, fabric.bots["lab"], reference, activity, send)

    assert await spent(fabric) == 0.5


async def test_a_meter_without_a_price_holds_nothing_up(lab: Make) -> None:
    fabric = priced(lab, price=Price("another", "1 messages", 1.0, "2020-01-01", "a list"))

    await write(fabric, "one")

    assert said(fabric) == [("NL.ann", "one")]
    assert await spent(fabric) == 0.0


class Counters:
    """The store of the counters, which may be `away`."""

    def __init__(self, store: Any) -> None:
        self._store, self.away, self.asked = store, True, 0

    def __getattr__(self, name: str) -> Any:
        self.asked += 1
        if self.away:
            raise Unavailable("counters", after=0.05)
        return getattr(self._store, name)


def without_counters(lab: Make, on_unknown: str) -> tuple[Lab, Counters]:
    fabric = priced(lab, f'{BUDGET}\non_unknown = "{on_unknown}"')
    counters = Counters(fabric.store)
    fabric.__dict__["spending"] = Spending(counters)
    return fabric, counters


async def test_while_the_counters_are_away_a_reply_waits(lab: Make) -> None:
    fabric, counters = without_counters(lab, "refuse")

    await write(fabric, "one", until=lambda: counters.asked > 1)
    assert said(fabric) == []

    counters.away = False
    await fabric.drain()
    assert said(fabric) == [("NL.ann", "one")]
    assert await spent(fabric) == 0.25


async def test_or_goes_where_the_bot_says_so_and_is_booked_afterwards(lab: Make) -> None:
    fabric, counters = without_counters(lab, "allow")

    await write(fabric, "one")
    assert said(fabric) == [("NL.ann", "one")]

    counters.away = False
    await write(fabric, "two")
    assert await spent(fabric) == 0.5


def said(fabric: Lab) -> list[tuple[str, str]]:
    return [(where, activity.text) for where, activity in fabric.memory.sent]


@pytest.mark.parametrize(
    ("meter", "expected"),
    [
        ("whatsapp.service.NL", 0.25),
        ("whatsapp.free_entry_point", 0.0),
        ("whatsapp.marketing.NL", 0.5),
    ],
)
async def test_the_bill_puts_right_what_was_held_once(
    lab: Make, meter: str, expected: float
) -> None:
    fabric = priced(lab)
    others = [("whatsapp.free_entry_point", 0.0), ("whatsapp.marketing.NL", 0.5)]
    rows = [Price(name, "1 messages", usd, "2020-01-01", "a list") for name, usd in others]
    fabric.__dict__["prices"] = Prices([QUARTER, *rows])
    await write(fabric, "one")
    assert await spent(fabric) == 0.25

    reference = ConversationReference("lab", "whatsapp", "NL.ann", user="ann", account="1")
    for status in ("delivered", "read", "delivered"):
        at = datetime.now(UTC).isoformat()
        receipt = Receipt(reference, "message-1", status, time=at, meter=meter)
        await record_receipt(fabric, receipt)

    assert await spent(fabric) == expected
