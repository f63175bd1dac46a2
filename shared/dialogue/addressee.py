"""Which skill an activity goes to without a look at what it means."""

from collections.abc import Sequence

from shared.activity import Activity
from shared.bot import Bot
from shared.skill import Skill


def addressee(
    bot: Bot, activity: Activity, skills: Sequence[Skill], floor: str = "", *, muted: bool = False
) -> str:
    """The skill an activity goes to without a look at what it means.

    An exact command first (a route of the manifest, else `/skill`), then the skill a card
    names, then the floor, then the bot's default. While muted only the floor counts. What is
    not a message goes to the first skill that handles its type. `skills` are the bot's.
    """
    if not activity.is_message:
        takers = (skill.name for skill in skills if activity.type in skill.activities)
        return next(takers, bot.default_skill)
    if muted and floor in bot.skills:
        return floor
    words = activity.text.split(maxsplit=1)
    command = words[0].casefold() if words and words[0].startswith("/") else ""
    if command in bot.routes:
        return bot.routes[command]
    if command[1:] in bot.skills:
        return command[1:]
    if isinstance(activity.value, dict) and activity.value.get("skill") in bot.skills:
        return str(activity.value["skill"])
    return floor if floor in bot.skills else bot.default_skill
