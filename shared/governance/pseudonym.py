"""What a person is called on record: a name that is nobody's once its key is destroyed."""

import hmac
import secrets
from contextlib import suppress
from hashlib import sha256

from shared.errors import Conflict
from shared.ports.store import Create, Store

PERSONS = "persons"
"""The partition of the keys, and of legal holds; neither names anybody."""


async def pseudonym(store: Store, id: str) -> str:
    """Name a person on record, the same each time until their key is destroyed."""
    place = key_id(id)
    item = await store.get(PERSONS, place)
    if item is None:
        with suppress(Conflict):  # somebody else asked for the same person at this moment
            await store.write(PERSONS, Create(place, {"key": secrets.token_hex(32)}))
        item = await store.get(PERSONS, place)
    key = bytes.fromhex(item.body["key"]) if item else secrets.token_bytes(32)
    return "p-" + hmac.new(key, id.encode(), "sha256").hexdigest()[:24]


def key_id(id: str) -> str:
    """Name the item in `PERSONS` that holds a person's key."""
    return f"key:{sha256(id.encode()).hexdigest()}"
