"""A person has so many turns a day with a bot; absent is no limit, zero is none."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.activity import Activity
from shared.errors import Unavailable
from shared.governance.limits import quota
from shared.governance.limits.quota import NONE_ALLOWED, NONE_LEFT
from shared.operations.reports.books import balanced, books
from shared.pipeline.door import accept, calls
from shared.ports.channel import Inbound
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]


class Counting(Skill):
    """Answers, and counts how often its handler ran; `fails` errors come first."""

    def __init__(self) -> None:
        super().__init__("count", "Counts")
        self.ran, self.fails = 0, 0
        self.on_message(self.answer)

    async def answer(self, turn: Turn) -> None:
        self.ran += 1
        if self.fails:
            self.fails -= 1
            raise Unavailable("backend", after=0)
        turn.reply(turn.text)


def limited(lab: Make, skill: Skill, turns: int) -> Lab:
    return lab(skill, manifest=f"[quota]\nturns_per_user_per_day = {turns}")


def by(inbound: Inbound, user: str, channel: str = "teams") -> Inbound:
    return replace(inbound, reference=replace(inbound.reference, user=user, channel=channel))


async def test_what_is_over_a_persons_turns_is_refused_and_nothing_runs(lab: Make) -> None:
    skill = Counting()
    fabric = limited(lab, skill, 2)
    for text in ("one", "two", "three"):
        await fabric.say(text)
    await fabric.drain()

    assert fabric.heard() == ["one", "two", NONE_LEFT]
    assert skill.ran == 2
    assert balanced(count := await books(fabric))
    assert count["done"] == 3


async def test_zero_is_none(lab: Make) -> None:
    skill = Counting()
    fabric = limited(lab, skill, 0)
    await fabric.say("hello")
    await fabric.drain()

    assert fabric.heard() == [NONE_ALLOWED]
    assert not skill.ran


async def test_absent_is_no_limit(lab: Make) -> None:
    fabric = lab(Counting())
    for number in range(12):
        await fabric.say(str(number))
    await fabric.drain()

    assert len(fabric.heard()) == 12


async def test_a_person_is_the_same_in_every_conversation_and_another_has_their_own(
    lab: Make,
) -> None:
    fabric = limited(lab, Counting(), 1)
    for user, conversation in (("ann", "one"), ("ann", "two"), ("bob", "three")):
        inbound = by(fabric.inbound("hi", conversation=conversation), user)
        await accept.accept(fabric, [inbound])
        await fabric.drain()

    assert fabric.heard("one") == ["hi"]
    assert fabric.heard("two") == [NONE_LEFT]
    assert fabric.heard("three") == ["hi"]


async def test_another_attempt_at_the_same_work_is_the_same_turn(lab: Make) -> None:
    skill = Counting()
    skill.fails = 2
    fabric = limited(lab, skill, 1)
    await fabric.say("hello")
    await fabric.drain()

    assert fabric.heard()[-1] == "hello"
    assert skill.ran == 3


async def test_the_next_day_is_another(lab: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr(quota, "time", lambda: now[0])
    fabric = limited(lab, Counting(), 1)
    for text in ("today", "again"):
        await fabric.say(text)
    await fabric.drain()
    now[0] += 86_400
    await fabric.say("tomorrow")
    await fabric.drain()

    assert fabric.heard() == ["today", NONE_LEFT, "tomorrow"]


async def test_who_joins_has_asked_for_nothing(lab: Make) -> None:
    skill = Counting()
    greeted: list[str] = []

    @skill.on_activity("conversationUpdate")
    async def greet(turn: Turn) -> None:
        greeted.append(turn.activity.type)

    fabric = limited(lab, skill, 1)
    inbound = fabric.inbound("")
    joined = Activity(inbound.activity, type="conversationUpdate")
    await accept.accept(fabric, [replace(inbound, activity=joined)])
    await fabric.say("hello")
    await fabric.drain()

    assert greeted == ["conversationUpdate"]
    assert fabric.heard() == ["hello"]


async def test_a_turn_that_somebody_waits_for_counts_as_well(lab: Make) -> None:
    fabric = limited(lab, Counting(), 1)
    first = await calls.converse(fabric, fabric.inbound("one"))
    second = await calls.converse(fabric, fabric.inbound("two"))

    assert [reply.text for reply in first + second] == ["one", NONE_LEFT]
