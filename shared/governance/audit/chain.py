"""The chains: one a day in a partition of its own, each tied to the one before.

In the partition `audit-<day>` stand the entries and their `head`; in `audit`, an item for each
day says which entry it follows. A deed has two entries: `begun`, written before it, and its
outcome, whose `of` names the first.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from time import time
from typing import Any, Self

from shared.governance.audit.entry import (
    KEPT_SECONDS,
    PARTITION_PREFIX,
    PREFIX,
    Entry,
    partition,
)
from shared.ports.store import Create, Item, Store, every

DAYS, DAY_PREFIX, HEAD = "audit", "day:", "head"


@dataclass(frozen=True, slots=True)
class Link:
    """The entry that the next one follows: its day and number, when it was, its digest."""

    day: str = ""
    number: int = 0
    at: str = ""
    digest: str = ""

    @property
    def id(self) -> str:
        return f"{self.day}/{self.number}"

    def next(self, draft: Entry, now: str) -> Entry:
        """Return the entry that follows, written `now`, an ISO 8601 time."""
        day = now[:10]
        place = {
            "day": day,
            "number": self.number + 1 if self.day == day else 1,
            "at": now,
            "before": self.at,
            "previous": self.digest,
        }
        return Entry.from_body(draft.body | place)

    @property
    def body(self) -> dict[str, Any]:
        return {"day": self.day, "number": self.number, "at": self.at, "digest": self.digest}

    @classmethod
    def to(cls, entry: Entry) -> Self:
        return cls(entry.day, entry.number, entry.at, entry.digest)


async def end_of(store: Store, day: str) -> Link:
    """Return what the next entry of `day` follows; a new day is tied to the days before."""
    head = await store.get(partition(day), HEAD)
    return Link(**head.body) if head else await _open(store, day)


async def _open(store: Store, day: str) -> Link:
    """Tie a new day to the newest entry of the days before. Return that entry's place."""
    if known := await store.get(DAYS, f"{DAY_PREFIX}{day}"):
        return Link(**known.body)
    earlier = [item async for item in days(store) if item.id < f"{DAY_PREFIX}{day}"]
    last = Link()
    if earlier:
        name = earlier[-1].id.removeprefix(DAY_PREFIX)
        head = await store.get(partition(name), HEAD)
        last = Link(**(head.body if head else earlier[-1].body))
    await store.write(DAYS, Create(f"{DAY_PREFIX}{day}", last.body))
    return last


async def days(store: Store) -> AsyncIterator[Item]:
    """Every day that has a chain, the oldest first; the body is the link to the one before."""
    async for item in every(store, DAY_PREFIX, DAYS):
        yield item


async def entries(store: Store) -> AsyncIterator[Entry]:
    """Every entry, the oldest first."""
    async for item in every(store, PREFIX):
        if item.partition.startswith(PARTITION_PREFIX):
            yield Entry.from_item(item)


async def deeds(store: Store) -> list[Entry]:
    """One for each deed, with its outcome; `begun` when none is known: it may have happened."""
    found: dict[str, Entry] = {}
    async for entry in entries(store):
        if begun := found.get(entry.of):
            found[entry.of] = replace(begun, outcome=entry.outcome)
        else:
            found[entry.id] = entry
    return list(found.values())


def expired(at: str, *, slack: float = 60.0) -> bool:
    """Whether an entry written `at` is kept no more; "" when there was none.

    A store's clock may be ahead by `slack` seconds.
    """
    return not at or time() - datetime.fromisoformat(at).timestamp() > KEPT_SECONDS - slack
