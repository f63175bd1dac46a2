"""What a host may do before the first message, so that it is understood by its meaning."""

from collections.abc import Iterable

from shared.ai.meaning import MeaningRanker
from shared.bot import Bot
from shared.dialogue.routing import KNOWLEDGE, choices
from shared.fabric import Fabric


async def warm(fabric: Fabric, bots: Iterable[Bot]) -> None:
    """Load the encoder where bots need it, and encode what their skills and articles say."""
    encoder = fabric.ai.encoder
    asked = [bot for bot in bots if bot.knowledge or "router" in bot.skills]
    if encoder is None or not asked or not await encoder.ready():
        return
    for bot in asked:
        skills = [fabric.skills[name] for name in bot.skills if fabric.skills[name].capabilities]
        others = [skill for skill in skills if skill.name != KNOWLEDGE]
        await encoder.matrix_ready(MeaningRanker.texts(choices(others)))
        if bot.knowledge:
            await fabric.ai.knowledge_for(bot).prepare()
