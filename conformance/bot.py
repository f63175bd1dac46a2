"""What every bot promises: that its manifest is right, and that it answers its own examples."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

from conformance.channel import verify_channel
from conformance.promise import Promise, lines_of_broken, tried
from conformance.skill import verify_skill
from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.errors import ConfigurationError, FabricError, Rejected
from shared.fabric import CHANNELS, Fabric
from shared.pipeline.door.calls import converse
from shared.ports.channel import Inbound
from shared.settings import Settings
from shared.skill import Skill


async def broken_promises(name: str, folder: Path) -> list[str]:
    """Run every check of the bot itself; a line for each broken promise, none when all hold."""
    fabric = fabric_in(folder)
    try:
        return lines_of_broken(await verify_manifest(fabric, fabric.bots[name]))
    finally:
        await fabric.close()


async def verify_bot(fabric: Fabric, bot: Bot) -> list[Promise]:
    """Run every check of a bot, of each of its skills, and of each channel it is on."""
    found = await verify_manifest(fabric, bot)
    for name in bot.skills:
        found += await verify_skill(fabric.skills[name], fabric.settings.knowledge_dir)
    for name in CHANNELS:
        if getattr(bot.channels, name) is not None:
            found += await verify_channel(name, fabric.channel(name), bot.id)
    return found


async def verify_manifest(fabric: Fabric, bot: Bot) -> list[Promise]:
    """Run the checks of the bot itself."""

    async def routes() -> AsyncIterator[str]:
        """What a command leads to can answer it, and somebody answers everything else."""
        for command, name in {**bot.routes, "default_skill": bot.default_skill}.items():
            if fabric.skills[name].message is None:
                yield f"{command}: skill {name} has no on_message handler"

    async def examples() -> AsyncIterator[str]:
        """People may say what it offers, and get an answer."""
        for number, text in enumerate(bot.examples):
            try:
                replies = await converse(fabric, _said(bot, text, number))
            except (FabricError, Rejected) as error:
                yield f"{text!r}: {error}"
                continue
            if not any(reply.text or reply.attachments for reply in replies):
                yield f"{text!r}: no answer"

    return await tried(f"bot {bot.id}", [("routes", routes), ("examples", examples)])


def fabric_in(folder: Path) -> Fabric:
    """The bots and skills of this checkout, with an empty store and bus in `folder`.

    Raises ConfigurationError for a manifest that is wrong.
    """
    from functions.host import SKILLS

    environ = {**os.environ, "FABRIC_ENVIRONMENT": "local", "FABRIC_DATA_DIR": str(folder)}
    for name in ("FABRIC_STORE_URL", "FABRIC_BUS_URL", "FABRIC_EVENTS_URL", "FABRIC_AI_URL"):
        environ.pop(name, None)
    return Fabric(Settings.from_environ(environ), SKILLS)


def skill_named(name: str) -> Skill:
    """Raises ConfigurationError when there is none."""
    from functions.host import SKILLS

    if name not in SKILLS:
        raise ConfigurationError(
            f"there is no bot and no skill {name!r} (botfabric list); write the id of one"
        )
    return SKILLS[name]


def _said(bot: Bot, text: str, number: int) -> Inbound:
    conversation = f"conformance-{bot.id}-{number}"
    sender = {"from": {"id": "conformance"}, "conversation": {"id": conversation}}
    activity = Activity(type="message", id=f"c{number}", text=text, channelId="api", **sender)
    reference = ConversationReference(bot.id, "api", conversation, user="conformance")
    return Inbound(bot, reference, activity)
