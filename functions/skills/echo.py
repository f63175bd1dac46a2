"""Repeats what it hears: for testing the wiring.

Without capabilities: no menu offers it, and no message is taken for it.
"""

from functions.triggers import skill_blueprint
from shared.skill import Skill
from shared.turn import Turn

skill = Skill(
    "echo", "Repeats what you say, to test the connection", examples=["echo hello"], mcp=True
)


@skill.on_message
async def echo(turn: Turn) -> None:
    turn.reply(f"echo: {turn.text}")


bp = skill_blueprint(skill)
