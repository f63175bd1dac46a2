"""Shows the person that the bot is at work; best effort, never in the way of the answer."""

from contextlib import suppress

from shared.activity import Activity
from shared.fabric import Fabric
from shared.pipeline.turns.meanwhile import Meanwhile
from shared.turn import Turn

FURTHER = 1.0
"""Seconds at least for a skill that the activity was handed to: the first may have shown it."""

SHOWN_SECONDS = 1.0
"""How long one that is on its way is waited for."""


def somebody_waits(turn: Turn, *, shown: bool) -> bool:
    """Whether a person looks at the chat for the answer of this turn, and may be told anything."""
    return shown and not turn.muted and turn.activity.is_message


def typing(fabric: Fabric, turn: Turn) -> Meanwhile:
    """While the block runs longer than the channel's `typing_after`, send one `typing`.

    One that has begun is waited for, so that it cannot arrive after the answer.
    """
    channel = fabric.channel(turn.reference.channel)
    after = max(channel.typing_after, FURTHER) if turn.event.hops else channel.typing_after

    async def show(_: Meanwhile) -> None:
        with suppress(Exception):
            await channel.send(turn.bot, turn.reference, Activity(type="typing"))

    return Meanwhile(after, show, patience=SHOWN_SECONDS)
