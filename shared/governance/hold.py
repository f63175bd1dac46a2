"""A legal hold: whose data is neither erased nor left to expire, and why."""

from hashlib import sha256

from shared.governance.pseudonym import PERSONS
from shared.ports.store import Store


def hold_id(id: str) -> str:
    return f"hold:{sha256(id.encode()).hexdigest()}"


async def held(store: Store, id: str) -> str:
    """Say why what is kept of a person may not be erased; "" when it may."""
    item = await store.get(PERSONS, hold_id(id)) if id else None
    return str(item.body["reason"]) if item else ""
