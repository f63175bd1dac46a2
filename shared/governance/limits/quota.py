"""The quota of a person: so many turns a day with one bot, counted in UTC days."""

from datetime import UTC, datetime
from functools import partial
from time import time

from shared.activity import ConversationReference
from shared.bot import Bot
from shared.errors import Refused
from shared.event import ACTIVITY, Event, event_id
from shared.observability import log
from shared.ports.store import Create, Put, Store
from shared.records.change import undisturbed

COUNTED_SECONDS = 2 * 86_400
"""How long a day's count is kept."""

REMEMBERED_TURNS = 32
"""Turns of a day that are known by their work, so that another delivery is not counted twice."""

NONE_LEFT = "You have had all your answers of today from this bot. Tomorrow (UTC) it answers again."
NONE_ALLOWED = "This bot gives no answers at the moment."


async def take(
    store: Store, bot: Bot, reference: ConversationReference, event: Event, *, by_person: bool
) -> None:
    """Count a turn of the person. Raises Refused when today's are used up.

    `by_person` is false for what a channel reports and nobody asked for. What goes on from an
    earlier turn was counted there; another attempt at the same work is the same turn.
    """
    limit = bot.quota.turns_per_user_per_day
    if limit is None or not by_person or event.type != ACTIVITY or event.hops:
        return
    if limit == 0:
        raise Refused(NONE_ALLOWED, "platform.quota_none")
    await undisturbed(partial(_count, store, bot, reference, event, limit), after=0.5)


async def _count(
    store: Store, bot: Bot, reference: ConversationReference, event: Event, limit: int
) -> None:
    partition, id = _place(bot, reference)
    item = await store.get(partition, id)
    turns = int(item.body["turns"]) if item else 0
    works = list(item.body["works"]) if item else []
    if event.work_id in works:
        return
    if turns >= limit:
        log.warning("quota.used_up", bot=bot.id, conversation=event.conversation, turns=limit)
        raise Refused(NONE_LEFT, "platform.quota_used")
    body = {"turns": turns + 1, "works": [*works, event.work_id][-REMEMBERED_TURNS:]}
    op = (
        Put(id, body, etag=item.etag, ttl=COUNTED_SECONDS)
        if item
        else Create(id, body, ttl=COUNTED_SECONDS)
    )
    await store.write(partition, op, durable=False)


def counted_person(reference: ConversationReference) -> str:
    """A digest of who is counted: a person is the same in all conversations of a channel."""
    return event_id(reference.channel, reference.tenant, reference.user or reference.conversation)


def _place(bot: Bot, reference: ConversationReference) -> tuple[str, str]:
    """Partition and id of today's count."""
    day = datetime.fromtimestamp(time(), UTC).date().isoformat()
    return f"quota:{bot.id}.{counted_person(reference)}", f"day:{day}"
