"""Shows the person that the bot is at work; best effort, never in the way of the answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from shared.activity import Activity
from shared.fabric import Fabric
from shared.turn import Turn


@asynccontextmanager
async def typing(fabric: Fabric, turn: Turn, *, shown: bool) -> AsyncIterator[None]:
    """While the block runs longer than the channel's `typing_after`, send one `typing`.

    One that has begun is waited for, so that it cannot arrive after the answer.
    """
    if not shown or turn.muted or turn.event.hops or not turn.activity.is_message:
        yield
        return
    channel = fabric.channel(turn.reference.channel)
    loop = asyncio.get_running_loop()
    begun: list[asyncio.Task[None]] = []

    async def show() -> None:
        with suppress(Exception):
            await channel.send(turn.bot, turn.reference, Activity(type="typing"))

    if channel.typing_after <= 0:
        begun.append(loop.create_task(show()))
    timer = loop.call_later(channel.typing_after, lambda: begun.append(loop.create_task(show())))
    if begun:
        timer.cancel()
    try:
        yield
    finally:
        timer.cancel()
        if begun:
            await asyncio.wait(begun, timeout=1)
            begun[0].cancel()
