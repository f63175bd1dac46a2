"""Signs that the bot is at work: worth nothing late, so each has one try and holds nothing back."""

import asyncio
from contextlib import suppress
from typing import Any

from shared.activity import Activity, ConversationReference
from shared.errors import Conflict, FabricError, Stopped
from shared.fabric import Fabric
from shared.observability import log
from shared.ports.store import Create, Delete, Item

INDICATOR_SECONDS = 1.0
"""Time for the one try; what is said next waits no longer than that."""


def is_indicator(body: dict[str, Any]) -> bool:
    """Tell whether the effect is a `typing`, a chunk of a stream included."""
    return bool(body["kind"] == "send" and body["activity"].get("type") == "typing")


async def show(fabric: Fabric, key: str, effect: Create) -> bool:
    """Send it once and forget it. Return False when the channel did not take it in time."""
    taken = False
    try:
        async with asyncio.timeout(INDICATOR_SECONDS):
            await _send(fabric, effect.body)
        taken = True
    except (FabricError, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        log.info("typing.dropped", conversation=key, id=effect.body["effect"], reason=reason)
    except Exception:  # a sign must not stop what is said after it
        log.error("typing.failed", exc_info=True, conversation=key, id=effect.body["effect"])
    await fabric.store.write(key, Delete(effect.id), durable=False)
    return taken


async def forget(fabric: Fabric, key: str, item: Item | Create) -> None:
    """Remove one that is too late, unless somebody else has done so."""
    etag = item.etag if isinstance(item, Item) else None
    with suppress(Conflict):
        await fabric.store.write(key, Delete(item.id, etag=etag), durable=False)


async def _send(fabric: Fabric, body: dict[str, Any]) -> None:
    reference = ConversationReference.from_dict(body["reference"])
    bot = fabric.bots.get(reference.bot)
    if bot is None:
        return
    with suppress(Stopped):
        await fabric.switches.check(bot.id)
        await fabric.channel(reference.channel).send(bot, reference, Activity(body["activity"]))
