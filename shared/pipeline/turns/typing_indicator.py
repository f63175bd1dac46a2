"""Shows the person that the bot is at work; best effort, never in the way of the answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from shared.activity import Activity
from shared.fabric import Fabric
from shared.turn import Turn

FURTHER = 1.0
"""Seconds at least for a skill that the activity was handed to: the first may have shown it."""


def somebody_waits(turn: Turn, *, shown: bool) -> bool:
    """Whether a person looks at the chat for the answer of this turn, and may be told anything."""
    return shown and not turn.muted and turn.activity.is_message


@asynccontextmanager
async def typing(fabric: Fabric, turn: Turn, *, shown: bool) -> AsyncIterator[None]:
    """While the block runs longer than the channel's `typing_after`, send one `typing`.

    One that has begun is waited for, so that it cannot arrive after the answer.
    """
    if not somebody_waits(turn, shown=shown):
        yield
        return
    channel = fabric.channel(turn.reference.channel)
    after = max(channel.typing_after, FURTHER) if turn.event.hops else channel.typing_after
    loop = asyncio.get_running_loop()
    begun: list[asyncio.Task[None]] = []

    async def show() -> None:
        with suppress(Exception):
            await channel.send(turn.bot, turn.reference, Activity(type="typing"))

    if after <= 0:
        begun.append(loop.create_task(show()))
    timer = loop.call_later(after, lambda: begun.append(loop.create_task(show())))
    if begun:
        timer.cancel()
    try:
        yield
    finally:
        timer.cancel()
        if begun:
            await asyncio.wait(begun, timeout=1)
            begun[0].cancel()
