"""A message that costs money is held against the budget before it is sent, and put right after."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from shared.activity import ConversationReference
from shared.errors import PermanentError, Unavailable
from shared.governance.prices import Price, Prices
from shared.operations.reports.budgets import Budget, budgets
from shared.operations.reports.turns import Scope
from shared.pipeline.door.receipts import record_receipt
from shared.pipeline.outbox.message_budget import budgeted
from shared.ports.channel import Receipt
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab, MemoryChannel

METER = "whatsapp.service.DE"
ROWS = [
    Price(METER, "1 message", 0.04, "2026-10-01", "a list"),
    Price("whatsapp.marketing.DE", "1 message", 0.10, "2026-10-01", "a list"),
    Price("whatsapp.free_entry_point", "1 message", 0.0, "2026-10-01", "a list"),
]


class PaidChannel(MemoryChannel):
    """Costs something for each message."""

    def bills(self, reference: ConversationReference) -> str:
        return METER


def echo() -> Skill:
    skill = Skill("echo", "Echoes")

    @skill.on_message
    async def answer(turn: Turn) -> None:
        turn.reply(f"echo: {turn.text}")

    return skill


@pytest.fixture
async def fabric(lab: Callable[..., Lab]) -> Lab:
    made = lab(echo(), manifest="[quota]\nbudget_usd_per_month = 0.10")
    made.memory = PaidChannel()
    made.__dict__["prices"] = Prices(ROWS)
    return made


async def row(fabric: Lab) -> Budget:
    await fabric.spending.booked()
    [found] = await budgets(fabric, Scope())
    return found


async def spent(fabric: Lab) -> float:
    return (await row(fabric)).spent


def place(*, asked: bool) -> ConversationReference:
    return ConversationReference(
        "lab", "web", "one", user="ann", reply_to="message-1" if asked else ""
    )


async def test_each_answer_is_booked_and_the_last_one_goes_out_too(fabric: Lab) -> None:
    for number in range(4):
        await fabric.say(str(number))
        await fabric.drain()

    assert fabric.heard() == ["echo: 0", "echo: 1", "echo: 2", "echo: 3"]
    assert await spent(fabric) == 0.16


async def test_it_is_held_while_it_is_on_its_way_and_given_back_when_it_fails(fabric: Lab) -> None:
    held: list[float] = []

    async def fails() -> None:
        async with budgeted(fabric, place(asked=True)):
            held.append((await row(fabric)).held)
            raise Unavailable("the channel is away")

    with pytest.raises(Unavailable):
        await fails()

    assert held[0] >= 0.04
    after = await row(fabric)
    assert (after.spent, after.held < 0.01) == (0.0, True)


async def test_what_nobody_asked_for_is_refused_when_the_money_is_used_up(fabric: Lab) -> None:
    for asked in (True, False, True):
        async with budgeted(fabric, place(asked=asked)):
            pass

    with pytest.raises(PermanentError, match="budget_usd_per_month is used up"):
        async with budgeted(fabric, place(asked=False)):
            pytest.fail("it was sent")
    assert await spent(fabric) == 0.12


async def test_a_channel_that_costs_nothing_holds_nothing(fabric: Lab) -> None:
    fabric.memory = MemoryChannel()
    await fabric.say("hello")
    await fabric.drain()

    assert await spent(fabric) == 0.0


@pytest.mark.parametrize(
    ("meter", "expected"),
    [(METER, 0.04), ("whatsapp.free_entry_point", 0.0), ("whatsapp.marketing.DE", 0.10)],
)
async def test_the_bill_puts_right_what_was_held_once(
    fabric: Lab, meter: str, expected: float
) -> None:
    await fabric.say("hello")
    await fabric.drain()
    at = datetime.now(UTC).isoformat()

    for status in ("delivered", "read", "delivered"):
        reference = fabric.inbound("").reference
        await record_receipt(fabric, Receipt(reference, "message-1", status, time=at, meter=meter))

    assert await spent(fabric) == expected
