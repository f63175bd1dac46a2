"""That somebody on a channel has signed in, and who they are: kept apart from what they said."""

from dataclasses import dataclass
from time import time
from typing import Any

from shared.activity import ConversationReference
from shared.event import event_id
from shared.person import Holder, Person
from shared.ports.store import Item, Put, Store

DOCUMENT = "person"
PREFIX = "signed-in:"
"""Begins the name of a partition of somebody who speaks on a channel."""
LASTS_SECONDS = 8 * 3600
"""Who somebody is, and their groups, hold so long; then they sign in again."""


def partition_of(reference: ConversationReference) -> str:
    """Name the partition of whoever speaks; "" where nobody can be known.

    A web visitor is known by the conversation, which their token is bound to, and never by the
    id that they give themselves.
    """
    match reference.channel:
        case "teams" | "whatsapp" if reference.user:
            where = reference.tenant or reference.account
            return f"{PREFIX}{event_id(reference.channel, where, reference.user)}"
        case "web":
            return f"{PREFIX}{event_id('web', reference.conversation)}"
    return ""


async def person_of(store: Store, reference: ConversationReference) -> Person | None:
    """Find out who speaks here; None for whoever has not signed in, or too long ago."""
    partition = partition_of(reference)
    item = await store.get(partition, DOCUMENT) if partition else None
    if item is None or item.body["until"] <= time():
        return None
    return Person.from_dict(item.body["person"])


async def holder_of(store: Store, reference: ConversationReference) -> Holder | None:
    """Find out for whom a token is kept elsewhere; None where none is."""
    partition = partition_of(reference)
    item = await store.get(partition, DOCUMENT) if partition else None
    kept = item.body.get("holder") if item else None
    return Holder.from_dict(kept) if kept else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is signed in, and for whom their token is kept elsewhere."""

    reference: ConversationReference
    holder: Holder | None


def place_of(item: Item) -> Place | None:
    """Read where somebody is signed in; None for an item of another kind."""
    if item.id != DOCUMENT or not item.partition.startswith(PREFIX):
        return None
    kept = item.body.get("holder")
    reference = ConversationReference.from_dict(item.body["reference"])
    return Place(reference, Holder.from_dict(kept) if kept else None)


def signed_in(
    person: Person, reference: ConversationReference, holder: Holder | None = None
) -> Put:
    """What is written into `partition_of(reference)` when somebody has signed in.

    `holder` is for whom the token service keeps their token, None without one.
    """
    body: dict[str, Any] = {
        **({"holder": holder.to_dict()} if holder else {}),
        "person": person.to_dict(),
        "reference": reference.proactive().to_dict(),
        "until": time() + LASTS_SECONDS,
    }
    return Put(DOCUMENT, body, ttl=LASTS_SECONDS)
