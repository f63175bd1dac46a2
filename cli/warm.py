"""What a host may do before the first message, so that it is understood by its meaning."""

from shared.ai.meaning import MeaningRanker
from shared.dialogue.routing import KNOWLEDGE, choices
from shared.fabric import Fabric


async def warm(fabric: Fabric) -> None:
    """Load the encoder, and encode what the bots' skills and articles say."""
    encoder = fabric.encoder
    if encoder is None or not await encoder.ready():
        return
    for bot in fabric.bots.values():
        skills = [fabric.skills[name] for name in bot.skills if fabric.skills[name].capabilities]
        others = [skill for skill in skills if skill.name != KNOWLEDGE]
        await encoder.matrix_ready(MeaningRanker.texts(choices(others)))
        if bot.knowledge:
            await fabric.knowledge.for_bot(bot).prepare()
