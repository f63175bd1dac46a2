"""A stopped bot or skill does and says nothing, and loses nothing."""

import asyncio
from collections.abc import Callable
from time import time

import pytest

from shared.errors import Stopped, Unavailable
from shared.governance.audit import Operator
from shared.governance.limits import switches
from shared.governance.limits.admission import Admission
from shared.operations.deeds import switches as kill_switch
from shared.operations.reports.books import balanced, books
from shared.pipeline.door import calls
from shared.pipeline.outbox import relay
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]
ANN = Operator("ann", "cli")


@pytest.fixture
def fabric(lab: Make, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(switches, "FRESH", 0.0)
    monkeypatch.setattr(kill_switch, "SETTLED", 0.0)
    echo, other = Skill("echo", "Echoes"), Skill("other", "Another")

    @echo.on_message
    async def say(turn: Turn) -> None:
        turn.reply(turn.text)

    @other.on_message
    async def say_more(turn: Turn) -> None:
        turn.reply(f"other {turn.text}")

    return lab(echo, other)


@pytest.mark.parametrize("switch", [("bot", "lab"), ("skill", "echo")])
async def test_work_waits_while_it_is_stopped_and_is_done_in_order_after(
    fabric: Lab, switch: tuple[str, str]
) -> None:
    await fabric.switches.stop(*switch)
    for text in ("1", "2", "3"):
        await fabric.say(text)
    for delivery in await fabric.deliveries():
        await fabric.run(delivery)
    assert fabric.heard() == []
    assert (await books(fabric))["done"] == 0

    await kill_switch.switch(fabric, ANN, "start", *switch)
    await fabric.say("4")
    await fabric.drain()

    assert fabric.heard() == ["1", "2", "3", "4"]
    count = await books(fabric)
    assert count["done"] == 4
    assert balanced(count)


async def test_another_skill_goes_on(fabric: Lab) -> None:
    await fabric.switches.stop("skill", "echo")
    await fabric.say("/other hello")
    await fabric.drain()

    assert fabric.heard() == ["other /other hello"]


async def test_what_is_said_while_a_start_is_under_way_goes_with_the_rest(fabric: Lab) -> None:
    """The switch is over, and what waited has not been let go yet."""
    await fabric.switches.stop("bot", "lab")
    await fabric.say("1")
    await fabric.run((await fabric.deliveries())[0])
    await fabric.switches.start("bot", "lab")
    await fabric.say("2")
    await fabric.run((await fabric.deliveries())[0])

    await relay.let_go(fabric, "bot lab")
    await fabric.drain()

    assert fabric.heard() == ["1", "2"]


async def test_a_message_that_is_on_its_way_waits_too(
    lab: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot is stopped after its turn was committed and before its reply has gone."""
    monkeypatch.setattr(switches, "FRESH", 0.0)
    monkeypatch.setattr(kill_switch, "SETTLED", 0.0)
    skill = Skill("echo", "Echoes")
    fabric = lab(skill)

    @skill.on_message
    async def say(turn: Turn) -> None:
        turn.reply(turn.text)
        await fabric.switches.stop("bot", "lab")

    key = await fabric.say("1")
    for delivery in await fabric.deliveries():
        await fabric.run(delivery)
    assert fabric.heard() == []
    [waiting] = await fabric.items(key, "outbox:")
    assert waiting.body["tries"] == 0

    await kill_switch.switch(fabric, ANN, "start", "bot", "lab")
    await fabric.drain()
    assert fabric.heard() == ["1"]
    assert (await books(fabric))["repeated"] == 0


async def test_who_waits_for_an_answer_is_told_to_come_back(fabric: Lab) -> None:
    await fabric.switches.stop("skill", "echo")

    with pytest.raises(Stopped, match="skill echo is stopped"):
        await calls.converse(fabric, fabric.inbound("1"))


async def test_a_process_hears_of_the_switch_within_a_second_of_work(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switches, "FRESH", 1.0)
    ours, theirs = fabric.switches, switches.Switches(fabric.store)
    await ours.check("lab")
    await theirs.stop("bot", "lab")

    async def hears() -> None:
        while True:
            await ours.check("lab")

    with pytest.raises(Stopped, match="bot lab is stopped"):
        await asyncio.wait_for(hears(), 2)


async def test_a_start_does_not_wait_for_a_message_that_cannot_be_sent(fabric: Lab) -> None:
    """What is said first waits for hours, behind it a second message was stopped."""
    fabric.memory.failures = [Unavailable("429", after=3600)]
    key = await fabric.say("1")
    await fabric.run((await fabric.deliveries())[0])
    await fabric.switches.stop("bot", "lab")
    await fabric.say("2")
    await fabric.run((await fabric.deliveries())[0])
    await kill_switch.switch(fabric, ANN, "start", "bot", "lab")

    for _ in range(5):
        for delivery in await fabric.deliveries():
            await fabric.run(delivery)
    waiting = await fabric.items(key, "outbox:")
    assert [item.body["kind"] for item in waiting] == ["send", "send"]
    assert (await fabric.items(key, "conversation"))[0].body.get("parked") is None


async def test_what_a_start_did_not_let_go_is_looked_at_again(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever started it died before what waits was let go."""
    monkeypatch.setattr(switches, "LOOK_AGAIN", 0.0)
    await fabric.switches.stop("bot", "lab")
    await fabric.say("1")
    [delivery] = await fabric.deliveries()
    await fabric.run(delivery)
    await fabric.switches.start("bot", "lab")

    async with asyncio.timeout(5):
        while fabric.heard() != ["1"]:
            await relay.sweep(fabric)
            await fabric.drain()


async def test_what_two_switches_stop_waits_for_both(fabric: Lab) -> None:
    await fabric.switches.stop("bot", "lab")
    await fabric.switches.stop("skill", "echo")
    await fabric.say("1")
    for _ in range(2):
        for delivery in await fabric.deliveries():
            await fabric.run(delivery)
    await kill_switch.switch(fabric, ANN, "start", "bot", "lab")
    await fabric.drain()
    assert fabric.heard() == []

    await kill_switch.switch(fabric, ANN, "start", "skill", "echo")
    await fabric.drain()
    assert fabric.heard() == ["1"]


async def test_what_is_let_go_keeps_the_pace_of_its_bot(
    lab: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switches, "FRESH", 0.0)
    monkeypatch.setattr(kill_switch, "SETTLED", 0.0)
    fabric = lab(Skill("echo", "Echoes"), manifest="[limits]\nturns_per_second = 5")
    await fabric.switches.stop("bot", "lab")
    keys = [await fabric.say("1", conversation=f"c{n}") for n in range(10)]
    await fabric.drain()

    fabric.admission = Admission()
    await kill_switch.switch(fabric, ANN, "start", "bot", "lab")

    waiting = [item for key in keys for item in await fabric.items(key, "outbox:")]
    due = sorted(item.due or 0.0 for item in waiting)
    assert due[0] <= time() < due[0] + 1.0 < due[-1]
