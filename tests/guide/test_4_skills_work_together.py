"""A skill never waits for another: it replies, hands off, or emits a fact."""

import asyncio
from collections.abc import Callable

import pytest

from shared.event import Event
from shared.pipeline.door import facts
from shared.pipeline.turns import order
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab


def team() -> list[Skill]:
    """`front` hands on by the first word; `slow` takes its time; `clerk` files and tells."""
    front, slow, clerk = Skill("front", "Front"), Skill("slow", "Slow"), Skill("clerk", "Files")

    @front.on_message
    async def route(turn: Turn) -> None:
        word = turn.text.split()[0]
        if word in turn.bot.skills:
            turn.hand_off(word)
        else:
            turn.reply(f"front: {turn.text}")

    @slow.on_message
    async def think(turn: Turn) -> None:
        await asyncio.sleep(0.1)
        turn.reply(f"slow: {turn.text}")

    @clerk.on_message
    async def file(turn: Turn) -> None:
        turn.emit("paper.filed", {"title": turn.text}, subject="paper-1")
        turn.reply("filed")

    @clerk.on_event("paper.filed")
    async def confirm(turn: Turn) -> None:
        turn.reply(f"confirmed: {turn.data['title']}")

    @clerk.on_event("paper.approved")
    async def approved(turn: Turn) -> None:
        turn.reply(f"approved by {turn.data['by']}")

    return [front, slow, clerk]


async def test_a_skill_hands_off(lab: Callable[..., Lab]) -> None:
    fabric = lab(*team())
    await fabric.say("slow one")
    await fabric.drain()
    assert fabric.heard() == ["slow: slow one"]


async def test_messages_keep_their_order_over_skills(lab: Callable[..., Lab]) -> None:
    fabric = lab(*team())
    for text in ("slow one", "two", "slow three", "/clerk", "five"):
        await fabric.say(text)
    await fabric.drain()
    spoken = [text for text in fabric.heard() if not text.startswith("confirmed")]
    assert spoken == ["slow: slow one", "front: two", "slow: slow three", "filed", "front: five"]


async def test_a_fact_is_heard_once(lab: Callable[..., Lab]) -> None:
    fabric = lab(*team())
    await fabric.say("/clerk report")
    await fabric.drain()
    assert fabric.heard() == ["filed", "confirmed: /clerk report"]


async def test_a_fact_that_is_delivered_twice_is_heard_once(lab: Callable[..., Lab]) -> None:
    fabric = lab(*team())
    key = await fabric.say("/clerk report")
    await fabric.drain()
    fact = Event("f1", "paper.filed", {"title": "x"}, bot="lab", conversation=key)
    for _ in range(2):
        await facts.fan_out(fabric, fact.to_json())
    await fabric.drain()
    assert fabric.heard()[2:] == ["confirmed: x"]


async def test_while_a_person_has_taken_over_no_skill_speaks(lab: Callable[..., Lab]) -> None:
    quiet = Skill("quiet", "Falls silent")

    @quiet.on_message
    async def mute(turn: Turn) -> None:
        turn.hold_floor()
        turn.reply(f"was silent: {turn.muted}")
        turn.mute()

    fabric = lab(quiet, *team())
    key = await fabric.say("hush")
    await fabric.drain()
    fact = Event("f1", "paper.filed", {"title": "x"}, bot="lab", conversation=key)
    await facts.fan_out(fabric, fact.to_json())
    await fabric.say("/front are you there?")
    await fabric.drain()
    assert fabric.heard() == ["was silent: False"]


async def test_news_from_outside_reaches_who_asked(lab: Callable[..., Lab]) -> None:
    fabric = lab(*team())
    await fabric.say("/clerk report")
    await fabric.drain()
    news = Event("e1", "paper.approved", {"by": "Eve"}, source="/papers", subject="paper-1")
    for _ in range(2):
        await fabric.bus.send("events", news)
        await fabric.drain()
    assert fabric.heard()[2:] == ["approved by Eve"]


async def test_what_is_parked_behind_a_slow_turn_does_not_run_it_again(
    lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "QUEUE_PATIENCE", 0.0)
    front, slow = team()[:2]
    runs: list[str] = []

    @slow.on_message
    async def think(turn: Turn) -> None:
        runs.append(turn.text)
        await asyncio.sleep(0.5)
        turn.reply(f"slow: {turn.text}")

    fabric = lab(front, slow)
    for text in ("slow one", "two", "three"):
        await fabric.say(text)
    await fabric.drain()
    assert runs == ["slow one"]
    assert fabric.heard() == ["slow: slow one", "front: two", "front: three"]
