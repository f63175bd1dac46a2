"""A chain that goes in circles, or on for ever, ends, on record and with an apology."""

from collections.abc import Callable

from shared.event import MAX_HOPS, MAX_ROUNDS
from shared.governance import audit
from shared.operations.reports.letters import letters
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.sentences import APOLOGY

Make = Callable[..., Lab]


def passing(name: str, other: str) -> Skill:
    """A skill that always thinks that the other one is meant."""
    skill = Skill(name, "Passes on")

    @skill.on_message
    async def on(turn: Turn) -> None:
        turn.hand_off(other)

    return skill


async def test_two_skills_that_pass_a_message_to_each_other_are_stopped(lab: Make) -> None:
    fabric = lab(passing("a", "b"), passing("b", "a"))
    await fabric.say("hello")
    await fabric.drain()

    [letter] = await letters(fabric)
    assert letter.reason == "goes_in_circles"
    assert letter.explain()["detail"] == ">".join(["a", "b"] * MAX_ROUNDS + ["a"])
    assert fabric.heard() == [APOLOGY]


async def test_a_message_may_come_back_to_a_skill(lab: Make) -> None:
    """A form that is interrupted hands back to where the message came from."""
    a, b = passing("a", "b"), Skill("b", "Answers, or hands back")

    @b.on_message
    async def back(turn: Turn) -> None:
        turn.state["seen"] = turn.state.get("seen", 0) + 1
        if turn.state["seen"] < MAX_ROUNDS:
            turn.hand_off("a")
        else:
            turn.reply("done")

    fabric = lab(a, b)
    await fabric.say("hello")
    await fabric.drain()

    assert fabric.heard() == ["done"]


async def test_a_chain_of_ever_new_facts_ends_at_the_hop_limit(lab: Make) -> None:
    skill = Skill("chain", "Goes on for ever")

    @skill.on_message
    async def begin(turn: Turn) -> None:
        turn.emit("step.0", {"n": 0})

    for n in range(MAX_HOPS):

        @skill.on_event(f"step.{n}")
        async def on(turn: Turn) -> None:
            turn.emit(f"step.{turn.data['n'] + 1}", {"n": turn.data["n"] + 1})

    fabric = lab(skill)
    await fabric.say("hello")
    await fabric.drain()

    [letter] = await letters(fabric)
    assert letter.reason == "too_many_hops"


async def test_a_skill_that_the_bot_does_not_list_is_not_called_and_the_try_is_on_record(
    lab: Make,
) -> None:
    fabric = lab(passing("a", "payroll"))
    await fabric.say("hello")
    await fabric.drain()

    [letter] = await letters(fabric)
    assert letter.reason == "skill_not_declared"
    assert "bots/lab.toml: skills has no 'payroll', only a" in letter.explain()["detail"]
    assert fabric.heard() == [APOLOGY]
    [entry] = [one async for one in audit.entries(fabric.store)]
    assert (entry.action, entry.outcome, entry.purpose, entry.policy) == (
        "skill.call",
        "denied",
        "answer",
        "bots/lab.toml: skills",
    )
    assert dict(entry.target) == {"called": "payroll", "skill": "a"}
    assert entry.who.startswith("p-")
