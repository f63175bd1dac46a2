"""A new skill: one file, found because it stands in the folder of the skills, and its test."""

MODULE = '''"""$title: say in one sentence what people get from it."""

from functions.triggers import skill_blueprint
from shared.skill import Skill
from shared.turn import Turn

skill = Skill(
    "$name",
    "$title: what the router and people read about it",
    capabilities=["$name something"],  # short phrases: the router chooses by these
    examples=["I would like to $name"],  # what people say
)


@skill.on_message
async def answer(turn: Turn) -> None:
    """Replies are recorded, and go out when this returns."""
    turn.state["turns"] = turn.state.get("turns", 0) + 1
    turn.reply(f"$title {turn.state['turns']}: {turn.text}")


bp = skill_blueprint(skill)
'''

TEST = '''"""$title answers, remembers, and keeps the promises of every skill."""

from collections.abc import Callable
from pathlib import Path

from conformance.skill import broken_promises
from functions.skills.$module import skill
from tests.lab import Lab


async def test_it_answers_and_remembers(lab: Callable[..., Lab]) -> None:
    fabric = lab(skill)

    await fabric.say("hello")
    await fabric.drain()
    await fabric.say("again")
    await fabric.drain()

    assert fabric.heard() == ["$title 1: hello", "$title 2: again"]


async def test_it_keeps_the_promises_of_a_skill(tmp_path: Path) -> None:
    assert await broken_promises(skill, tmp_path) == []
'''

FILES = {
    "functions/skills/$module.py": MODULE,
    "tests/unit/skills/test_${module}_skill.py": TEST,
}
