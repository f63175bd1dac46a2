"""Leads a message to the skill it is for; how is in `shared/dialogue/talks/router.py`."""

from functions.triggers import skill_blueprint
from shared.skill import Skill
from shared.turn import Turn

skill = Skill("router", "Finds the right skill for a message")


@skill.on_message
async def route(turn: Turn) -> None:
    from shared.dialogue.talks import router

    await router.route(turn)


bp = skill_blueprint(skill)
