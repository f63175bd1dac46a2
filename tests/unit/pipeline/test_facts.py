"""News from outside reach every conversation that named their subject."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from shared.activity import ConversationReference
from shared.event import Event, event_id
from shared.operations.reports.letters import letters
from shared.pipeline.door import facts
from shared.ports.store import Put
from shared.records.conversation import Conversation
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab


def newsreader() -> Skill:
    skill = Skill("newsreader", "Passes news on")

    @skill.on_message
    async def follow(turn: Turn) -> None:
        turn.emit("case.opened", {}, subject="case 1")

    @skill.on_event("case.news")
    async def tell(turn: Turn) -> None:
        turn.reply("news")

    return skill


async def test_the_last_of_more_than_a_thousand_followers_hears_it_too(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(newsreader())
    key = await fabric.say("hello")
    await fabric.drain()
    earlier = [f"follower:{number:04d}" for number in range(1000)]
    assert max(earlier) < f"follower:{key}"
    for start in range(0, len(earlier), 100):
        puts = [Put(id, {"bot": "gone"}) for id in earlier[start : start + 100]]
        await fabric.store.write(f"subject:{event_id('case 1')}", *puts)

    await facts.fan_out(fabric, Event("n1", "case.news", subject="case 1").to_json())
    await fabric.drain()

    assert fabric.heard() == ["news"]


async def given_back(fabric: Lab, fact: Event) -> None:
    """Every delivery of a fact is given back, as if none of its settlements had arrived."""
    bus: Any = fabric.bus
    await bus.send("events", fact)
    for _ in range(bus.max_deliveries):
        [delivery] = await bus.receive("events")
        with suppress(ZeroDivisionError):
            await facts.fan_out(fabric, delivery.body)
        await bus.abandon(delivery)


async def test_a_fact_that_was_heard_and_never_settled_is_not_dead(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(newsreader())
    key = await fabric.say("hello")
    await fabric.drain()
    await given_back(fabric, Event("n1", "case.news", bot="lab", conversation=key))
    await fabric.drain()
    assert fabric.heard() == ["news"]
    assert await letters(fabric) == []


async def test_a_fact_that_nobody_can_be_told_is_dead(
    lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    fabric = lab(newsreader())
    key = await fabric.say("hello")
    await fabric.drain()

    async def broken(*given: object) -> dict[str, str]:
        raise ZeroDivisionError

    monkeypatch.setattr(facts, "_targets", broken)
    await given_back(fabric, Event("n1", "case.news", bot="lab", conversation=key))
    await fabric.drain()
    [letter] = await letters(fabric)
    assert letter.reason == "MaxDeliveryCountExceeded"


@pytest.mark.parametrize(
    ("scope", "heard"),
    [((), False), (["other"], True), (["third", "other"], True), ("*", True), (["oth"], False)],
)
async def test_a_fact_reaches_conversations_of_other_bots_that_its_scope_names(
    lab: Callable[..., Lab], scope: Sequence[str], heard: bool
) -> None:
    skill = newsreader()

    @skill.on_event("case.opened")
    async def opened(turn: Turn) -> None:
        turn.emit("case.news", {"of": turn.bot.id}, subject="case 1", scope=scope)

    fabric = lab(skill)
    fabric.bots["other"] = replace(fabric.bots["lab"], id="other")
    mine = await fabric.say("hello", conversation="mine")
    await fabric.drain()
    theirs = ConversationReference("other", "web", "theirs", user="bob")
    follower = Put(f"follower:{theirs.key}", {"bot": "other"})
    await fabric.store.write(f"subject:{event_id('case 1')}", follower)
    await fabric.store.write(theirs.key, Conversation(theirs).to_op())

    told = Event("n1", "case.opened", subject="case 2", bot="lab", conversation=mine)
    await facts.fan_out(fabric, told.to_json())
    await fabric.drain()

    assert "news" in fabric.heard("mine")
    assert (fabric.heard("theirs") == ["news"]) == heard


def test_a_fact_from_outside_reaches_every_bot_that_named_its_subject() -> None:
    assert Event("n1", "case.news", subject="case 1").reaches("other")
    assert not Event("n1", "case.news", bot="lab").reaches("other")
    carried = Event.from_json(Event("n1", "case.news", bot="lab", scope="other x").to_json())
    assert carried.reaches("x")
