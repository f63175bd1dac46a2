"""An offer to sign in: made in a conversation, taken up in a browser, closed by a code.

A link leads to the offer. Whoever signs in behind it is shown a code, and who types that code
into the conversation is the same person: neither the link nor the code alone is enough.
"""

import re
import secrets
from dataclasses import asdict, dataclass
from hashlib import sha256
from time import time
from typing import Self

from shared.person import Holder, Person
from shared.ports.store import Create, Delete, Item, Put, Store

OFFER, BEGUN, CODE = "offer", "begun", "code"
LASTS_SECONDS = 600
"""Time from the offer to the code."""

MAX_TRIES = 5
"""Wrong codes after which an offer has ended."""

_LETTERS = "BCDFGHJKMNPQRSTVWXZ23456789"
_TYPED = re.compile(rf"\s*([{_LETTERS}]{{4}})[-\s]?([{_LETTERS}]{{4}})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offer:
    """`id` is the digest of the link's ticket; the ticket itself is kept nowhere.

    `conversation` is the key of the one it was made in, `language` the one spoken there.
    """

    id: str
    conversation: str
    bot: str
    language: str
    until: float

    @classmethod
    def new(cls, conversation: str, bot: str, language: str) -> tuple[Self, str]:
        """Make an offer, and the ticket that leads to it."""
        ticket = secrets.token_hex(24)  # whose end no chat takes for punctuation
        return cls(digest(ticket), conversation, bot, language, time() + LASTS_SECONDS), ticket

    @property
    def partition(self) -> str:
        return f"sign-in:{self.id}"

    def to_op(self) -> Create:
        return Create(OFFER, asdict(self), ttl=LASTS_SECONDS)

    def begun(self, state: str, nonce: str, verifier: str) -> Put:
        """Somebody follows the link; only the browser that did so last can come back."""
        body = {"state": digest(state), "nonce": nonce, "verifier": verifier}
        return Put(BEGUN, body, ttl=LASTS_SECONDS)

    def closing(self, code: str, person: Person, holder: Holder | None = None) -> Put:
        """Somebody has signed in and was shown the code; `holder` is as in `Redeemed`."""
        body = {"code": digest(code), "person": person.to_dict(), "until": self.until}
        if holder is not None:
            body["holder"] = holder.to_dict()
        return Put(CODE, body, ttl=LASTS_SECONDS)


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Who signed in, and for whom the token service keeps their token; None without one."""

    person: Person
    holder: Holder | None = None


async def offer_of(store: Store, id: str) -> Offer | None:
    """Look up an offer that has not ended."""
    item = await store.get(f"sign-in:{id}", OFFER)
    offer = Offer(**item.body) if item else None
    return offer if offer and offer.until > time() else None


async def returned(store: Store, offer: Offer, state: str) -> Item | None:
    """Use up what `begun` left, for the browser that brings its state back; None for another.

    Raises Conflict when it comes twice at once.
    """
    item = await store.get(offer.partition, BEGUN)
    if item is None or not secrets.compare_digest(item.body["state"], digest(state)):
        return None
    await store.write(offer.partition, Delete(BEGUN, etag=item.etag))
    return item


async def redeemed(store: Store, offer: str, code: str, *, by: str) -> Redeemed | None:
    """Close an offer with the code that the message `by` brought; None when it is another one.

    It is good for one message, which may come twice. Raises Conflict when another message
    brings it at this moment.
    """
    item = await store.get(f"sign-in:{offer}", CODE)
    if item is None or item.body["until"] <= time():
        return None
    if not secrets.compare_digest(item.body["code"], digest(code)):
        return None
    if item.body.get("by", by) != by:
        return None
    used = Put(CODE, {**item.body, "by": by}, etag=item.etag, ttl=LASTS_SECONDS)
    await store.write(item.partition, used)
    person, kept = item.body["person"], item.body.get("holder")
    return Redeemed(Person.from_dict(person), Holder.from_dict(kept) if kept else None)


def new_code() -> str:
    """Make a code that is easily read and typed."""
    letters = [secrets.choice(_LETTERS) for _ in range(8)]
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


def typed(text: str) -> str:
    """Read a code as people type it, "" when it is something else."""
    found = _TYPED.fullmatch(text)
    return f"{found[1]}-{found[2]}".upper() if found else ""


def digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()[:32]
