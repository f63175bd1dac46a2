"""Thumbs up and down under an answer: counted for the bot, without a word of theirs."""

from contextlib import suppress
from time import time
from typing import Any

from shared.activity import FEEDBACK as SUBMIT
from shared.errors import Conflict
from shared.event import event_id
from shared.fabric import Fabric
from shared.ports.channel import Inbound
from shared.ports.store import Create
from shared.records.ledger_entry import FEEDBACK, Done, LedgerEntry, entry_id
from shared.records.person import mark_of

_VOTES = {"like": "liked", "dislike": "disliked"}


def vote_of(inbound: Inbound) -> str:
    """Return `liked` or `disliked`, "" for any other activity."""
    activity, value = inbound.activity, inbound.activity.value
    if activity.name != SUBMIT or not isinstance(value, dict):
        return ""
    given = value.get("actionValue")
    reaction = given.get("reaction") if isinstance(given, dict) else None
    return _VOTES.get(reaction, "") if isinstance(reaction, str) else ""


async def count_vote(fabric: Fabric, inbound: Inbound, vote: str) -> dict[str, Any]:
    """Count the first vote of a person on an answer, and no other. Return the invoke's answer."""
    key, person = inbound.reference.key, mark_of(inbound.reference.user)
    answered = inbound.activity.get("replyToId")
    about = answered if isinstance(answered, str) else inbound.activity.id
    entry = LedgerEntry(
        id=entry_id(event_id("feedback", key, about, person)),
        bot=inbound.bot.id,
        skill="",
        at=time(),
        done=Done(type=FEEDBACK, person=person, noted={vote: 1}),
    )
    op = entry.put()
    with suppress(Conflict):
        await fabric.store.write(key, Create(op.id, op.body, due=op.due, ttl=op.ttl))
    return {}
