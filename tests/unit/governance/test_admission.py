"""What a bot says faster than its pace is accepted at once, waits outside, and keeps its order."""

from collections.abc import Callable
from dataclasses import replace
from time import time
from typing import Any

import pytest

from shared.bot import Limits
from shared.governance.limits import admission
from shared.governance.limits.admission import Admission, not_before
from shared.operations.reports.books import books
from shared.records.acceptance import Acceptance
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]


@pytest.fixture
def fabric(lab: Make) -> Lab:
    echo = Skill("echo", "Echoes")

    @echo.on_message
    async def say(turn: Turn) -> None:
        turn.reply(turn.text)

    return lab(echo, manifest="[limits]\nturns_per_second = 20")


def note(at: float) -> Acceptance:
    return Acceptance(origin="1", skill="echo", at=0.0, not_before=at, due=at)


async def test_a_surge_waits_outside_the_queue_and_all_of_it_is_answered(fabric: Lab) -> None:
    began = time()
    for number in range(30):
        await fabric.say(str(number), conversation=f"c{number}")
    bus: Any = fabric.bus
    [queue] = (await bus.counts()).values()
    at_its_pace = 11 + 20 * (time() - began)
    assert queue["active"] <= at_its_pace
    assert queue["scheduled"] >= 30 - at_its_pace

    await fabric.drain()

    assert len(fabric.memory.sent) == 30
    assert (await books(fabric))["done"] == 30


async def test_a_conversation_keeps_its_order_when_some_of_it_waits(fabric: Lab) -> None:
    """A process whose bucket is empty takes the first message, one with a full bucket the next."""
    empty, full = fabric.admission, Admission()
    for _ in range(15):
        empty.slot(fabric.bots["lab"])
    for number in range(6):
        fabric.admission = (empty, full)[number % 2]
        await fabric.say(str(number))

    await fabric.drain()

    assert fabric.heard() == [str(number) for number in range(6)]


async def test_a_message_behind_one_that_is_just_due_is_scheduled_too(fabric: Lab) -> None:
    now = time()
    assert not_before(fabric.bots["lab"], now, []) == 0.0
    assert not_before(fabric.bots["lab"], now, [note(now - 0.01)]) > now
    assert not_before(fabric.bots["lab"], now, [note(now + 5)]) >= now + 5 + admission.GAP


async def test_bots_have_buckets_of_their_own(fabric: Lab) -> None:
    lab = fabric.bots["lab"]
    other = replace(lab, id="other", limits=Limits(turns_per_second=0.1))
    for _ in range(100):
        fabric.admission.slot(lab)
    assert fabric.admission.slot(other) <= time()
    assert fabric.admission.slot(other) > time() + 9
