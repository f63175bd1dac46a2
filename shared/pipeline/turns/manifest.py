"""The version of its bot's manifest that a conversation has."""

from shared.bot import Bot
from shared.fabric import Fabric
from shared.governance.limits.rollouts import of_bot, wanted_manifest
from shared.migration import FIRST_VERSION
from shared.records.conversation import Conversation


async def manifest_for(
    fabric: Fabric, bot: Bot, key: str, conversation: Conversation | None = None
) -> tuple[str, Bot]:
    """Choose by rollout and by what goes on in the conversation; one version costs nothing.

    A skill that holds the floor is not taken from the person: a version without it gets the
    conversation when the skill is done.
    """
    versions = fabric.manifests.get(bot.id)
    if not versions:
        return FIRST_VERSION, bot
    every = {FIRST_VERSION: fabric.bots.get(bot.id, bot), **versions}
    rollouts = await fabric.rollouts.current()
    name = wanted_manifest(
        rollouts.get(of_bot(bot.id)),
        key,
        had=(conversation.manifest or FIRST_VERSION) if conversation else "",
        floor=conversation.floor if conversation else "",
        skills={version: one.skills for version, one in every.items()},
    )
    return name, every[name]
