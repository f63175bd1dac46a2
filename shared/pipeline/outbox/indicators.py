"""Signs that the bot is at work: worth nothing late, so each has one try and holds nothing back."""

import asyncio
from contextlib import suppress

from shared.errors import Conflict, FabricError, Stopped
from shared.fabric import Fabric
from shared.observability import log
from shared.records.effect import Send

INDICATOR_SECONDS = 1.0
"""Time for the one try; what is said next waits no longer than that."""


async def show(fabric: Fabric, key: str, effect: Send) -> bool:
    """Send it once and forget it. Return False when the channel did not take it in time."""
    taken = False
    try:
        async with asyncio.timeout(INDICATOR_SECONDS):
            await _send(fabric, effect)
        taken = True
    except (FabricError, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        log.info("typing.dropped", conversation=key, id=effect.id, reason=reason)
    except Exception:  # a sign must not stop what is said after it
        log.error("typing.failed", exc_info=True, conversation=key, id=effect.id)
    await fabric.store.write(key, effect.delete(), durable=False)
    return taken


async def forget(fabric: Fabric, key: str, effect: Send) -> None:
    """Remove one that is too late, unless somebody else has done so."""
    with suppress(Conflict):
        await fabric.store.write(key, effect.take(), durable=False)


async def _send(fabric: Fabric, effect: Send) -> None:
    reference = effect.reference
    bot = fabric.bots.get(reference.bot)
    if bot is None:
        return
    with suppress(Stopped):
        await fabric.switches.check(bot.id)
        await fabric.channel(reference.channel).send(bot, reference, effect.activity)
