"""Accept, handle, relay: the way of one message."""

from collections.abc import Callable

from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab


def counting() -> Skill:
    """Says how many messages it has had, and the last one."""
    skill = Skill("counter", "Counts")

    @skill.on_message
    async def count(turn: Turn) -> None:
        turn.state["n"] = turn.state.get("n", 0) + 1
        turn.reply(f"{turn.state['n']}: {turn.text}")

    return skill


async def test_a_message_is_answered(lab: Callable[..., Lab]) -> None:
    fabric = lab(counting())
    await fabric.say("hello")
    await fabric.drain()
    assert fabric.heard() == ["1: hello"]


async def test_nothing_is_said_before_the_queue_is_worked(lab: Callable[..., Lab]) -> None:
    fabric = lab(counting())
    await fabric.say("hello")
    assert fabric.heard() == []


async def test_state_belongs_to_one_conversation(lab: Callable[..., Lab]) -> None:
    fabric = lab(counting())
    await fabric.say("a", conversation="one")
    await fabric.say("b", conversation="two")
    await fabric.say("c", conversation="one")
    await fabric.drain()
    assert fabric.heard("one") == ["1: a", "2: c"]
    assert fabric.heard("two") == ["1: b"]


async def test_the_same_activity_is_answered_once(lab: Callable[..., Lab]) -> None:
    fabric = lab(counting())
    for _ in range(3):
        await fabric.say("hello", id="same")
    await fabric.drain()
    await fabric.say("hello", id="same")
    await fabric.drain()
    assert fabric.heard() == ["1: hello"]


async def test_a_burst_keeps_its_order(lab: Callable[..., Lab]) -> None:
    fabric = lab(counting())
    for n in range(1, 11):
        await fabric.say(str(n))
    await fabric.drain()
    assert fabric.heard() == [f"{n}: {n}" for n in range(1, 11)]
