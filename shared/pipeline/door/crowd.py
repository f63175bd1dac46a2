"""What one conversation may leave waiting: so much, and the rest is turned away with a word.

The door looks at what waits with every message, so a bound on it is also what keeps the door
as fast for the thousandth message in a row as for the first.
"""

from collections.abc import Sequence
from dataclasses import replace
from time import time

from shared.errors import Conflict, FabricError, Rejected, Unavailable
from shared.event import ACTIVITY, Event
from shared.fabric import Fabric
from shared.governance.limits.visitor import Visitor
from shared.observability import log
from shared.pipeline.outbox import effects
from shared.pipeline.outbox.deliver import wake
from shared.ports.channel import Inbound
from shared.ports.store import Create
from shared.records.acceptance import Acceptance, unfinished
from shared.records.conversation import MAX_CONFLICTS, load, stored
from shared.records.row import Row

MOST_WAITING_ANONYMOUS, MOST_WAITING = 20, 200
"""Messages of one conversation that may wait: of somebody whom no channel knows, and else."""

LONGEST_WAIT_SECONDS = 10.0
"""An anonymous person whose share of the bot's pace is further away than this is sent away."""

COME_AGAIN_SECONDS = 5.0
"""When somebody with too much waiting may say more, at a guess."""

TOLD_AGAIN_SECONDS = 300
"""A person is told again after this time that it was too much at once."""


class Crowded(FabricError):
    """The conversation has as much waiting as it may."""


def most_waiting(inbound: Inbound) -> int:
    anonymous = Visitor.of(inbound).anonymous
    return MOST_WAITING_ANONYMOUS if anonymous else MOST_WAITING


async def waiting(fabric: Fabric, inbound: Inbound, row: Row) -> Sequence[Acceptance]:
    """Return the notes of what was accepted and is not finished. Raises Crowded at the bound."""
    most = most_waiting(inbound)
    key = inbound.reference.key
    notes = await unfinished(fabric.store, key, row, limit=most)
    if len(notes) >= most:
        raise Crowded(key)
    return notes


async def admit(fabric: Fabric, inbound: Inbound) -> None:
    """Raises Rejected 429 for a visitor who asks for more than their share, before all else.

    A store that does not answer turns nobody away.
    """
    seconds = fabric.admission.wait(inbound.bot, Visitor.of(inbound))
    if seconds > LONGEST_WAIT_SECONDS:
        raise Rejected(429, "too_fast", after=seconds)
    try:
        conversation = await stored(fabric.store, inbound.reference.key)
        await waiting(fabric, inbound, conversation.row if conversation else Row())
    except Crowded:
        raise Rejected(429, "too_much_waiting", after=COME_AGAIN_SECONDS) from None
    except Unavailable as error:
        log.error("accept.store_unavailable", reason=str(error))


async def turn_away(fabric: Fabric, key: str, inbound: Inbound, events: Sequence[Event]) -> None:
    """Record what is not taken as finished, for the books, and say so once in a while."""
    for event in events:
        note = replace(Acceptance.of(event, skill=""), refused="crowded")
        try:
            await fabric.store.write(key, note.create())
        except Conflict:
            continue
        log.warning("accept.crowded", bot=inbound.bot.id, conversation=key, id=event.id)
    await _say_so(fabric, key, events[-1])


async def _say_so(fabric: Fabric, key: str, event: Event) -> None:
    """Commit the word with the mark that it was said; who works the outbox sends it."""
    if event.type != ACTIVITY:
        return
    mark = Create("crowded", {"at": time()}, ttl=TOLD_AGAIN_SECONDS)
    for _ in range(MAX_CONFLICTS):
        conversation = await load(fabric.store, event)
        if conversation.muted or conversation.reference.channel == "api":
            return
        word = effects.word(fabric, conversation, event, "crowded", "platform.crowded")
        free = replace(word, owner="", tries=0, due=time())
        try:
            await fabric.store.write(key, mark, conversation.to_op(), free.create())
        except Conflict as conflict:
            if conflict.id == mark.id:
                return
            continue
        await wake(fabric, key, free, free.not_before)
        return
