"""The execution budget of a conversation: so many turns a minute, and the rest waits."""

from time import time

from shared.bot import Bot
from shared.errors import Busy, Conflict
from shared.event import Event
from shared.observability import log
from shared.ports.store import Create, Store
from shared.records.conversation import REMEMBERED, Conversation


async def hold(store: Store, bot: Bot, conversation: Conversation, event: Event) -> None:
    """Raises Busy until the minute is over when its turns are used up; recorded once a minute."""
    now, limit = time(), bot.limits.turns_per_minute_per_conversation
    minute = int(now // 60)
    if conversation.turns_in(minute) < limit:
        return
    try:
        record = Create(f"budget:{minute}", {"at": now, "turns": limit}, ttl=REMEMBERED)
        await store.write(event.conversation, record, durable=False)
    except Conflict:
        pass
    else:
        log.warning("budget.used_up", bot=bot.id, conversation=event.conversation, turns=limit)
    raise Busy(
        f"the conversation had its {limit} turns of this minute", after=60 * (minute + 1) - now
    )
