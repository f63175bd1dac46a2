"""On a bus without sessions a message may be delivered before, or beside, an earlier one."""

import asyncio
from collections.abc import Callable
from time import time
from typing import Any

import pytest

from shared.errors import PermanentError
from shared.pipeline.door import accept
from shared.pipeline.turns import order, settle
from shared.records.acceptance import Acceptance
from shared.records.conversation import MAX_AGE
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]


@pytest.fixture
def skill() -> Skill:
    skill = Skill("echo", "Echoes")

    @skill.on_message
    async def echo(turn: Turn) -> None:
        if turn.text == "bad":
            raise PermanentError("bad")
        turn.reply(turn.text)

    return skill


@pytest.fixture
def fabric(lab: Make, skill: Skill, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(order, "QUEUE_PATIENCE", 60.0)  # a busy machine parks nothing
    fabric = lab(skill)
    bus: Any = fabric.bus
    bus.ordered = False
    return fabric


async def accepted(fabric: Lab, *texts: str) -> list[str]:
    """The bodies that the queue got, in the order in which they were accepted."""
    inbounds = [fabric.inbound(text) for text in texts]
    for inbound in inbounds:
        await accept.accept(fabric, [inbound])
    return [accept.arrival(inbound).to_json() for inbound in inbounds]


async def test_a_message_that_overtakes_waits_for_the_earlier_one(
    fabric: Lab, skill: Skill
) -> None:
    bodies = await accepted(fabric, "1", "2", "3")

    await asyncio.gather(*(settle.work(fabric, skill, b, 1) for b in reversed(bodies)))

    assert fabric.heard() == ["1", "2", "3"]


async def test_it_does_not_wait_for_what_is_dead(fabric: Lab, skill: Skill) -> None:
    bad, good = await accepted(fabric, "bad", "good")

    await asyncio.gather(settle.work(fabric, skill, good, 1), settle.work(fabric, skill, bad, 1))

    assert fabric.heard()[-1] == "good"


async def test_it_is_parked_when_the_earlier_one_takes_long(
    fabric: Lab, skill: Skill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.pipeline.turns.order.QUEUE_PATIENCE", 0.0)
    first, second = await accepted(fabric, "1", "2")

    await settle.work(fabric, skill, second, 1)
    assert fabric.heard() == []
    await settle.work(fabric, skill, first, 1)
    await fabric.drain()

    assert fabric.heard() == ["1", "2"]


async def test_it_does_not_wait_for_ever_for_what_is_lost(fabric: Lab, skill: Skill) -> None:
    inbound = fabric.inbound("2")
    lost = Acceptance(origin="lost", skill="echo", at=0.0, number=1, due=time() - MAX_AGE - 1)
    await fabric.store.write(inbound.reference.key, lost.put())

    await accept.accept(fabric, [inbound])
    await settle.work(fabric, skill, accept.arrival(inbound).to_json(), 1)

    assert fabric.heard() == ["2"]


async def test_conversations_do_not_wait_for_each_other(fabric: Lab, skill: Skill) -> None:
    await fabric.say("1", conversation="one")
    other = fabric.inbound("2", conversation="two")
    await accept.accept(fabric, [other])

    await settle.work(fabric, skill, accept.arrival(other).to_json(), 1)

    assert fabric.heard("two") == ["2"]
