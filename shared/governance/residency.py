"""Where a bot may be answered: in its region, or its department's, and nowhere else.

An app that says where it runs does not know the bots of other regions: their webhooks are
404 there before anything is stored, and their messages are left to the app that knows them.
"""

from collections.abc import Mapping

from shared.bot import Bot
from shared.governance.department import Department
from shared.regions import same_region

Bots = dict[str, Bot]


def home_of(bot: Bot, departments: Mapping[str, Department]) -> str:
    """Return the region that a bot belongs to; "" when nothing says so."""
    department = departments.get(bot.department)
    return bot.region or (department.region if department else "")


def divided(
    bots: Mapping[str, Bot], departments: Mapping[str, Department], region: str
) -> tuple[Bots, Bots]:
    """Divide bots into those of a region, and the others; "" is every region."""
    here, elsewhere = Bots(), Bots()
    for id, bot in bots.items():
        at_home = same_region(home_of(bot, departments), region)
        (here if at_home else elsewhere)[id] = bot
    return here, elsewhere
