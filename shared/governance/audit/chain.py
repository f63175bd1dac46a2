"""The chains: one a day in a partition of its own, each tied to the one before.

In the partition `audit-<day>` stand the entries and their `head`; in `audit`, an item for each
day says which entry it follows. A deed has two entries: `begun`, written before it, and its
outcome, whose `of` names the first.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from random import random
from time import time

from shared.errors import Conflict, TransientError
from shared.event import utc_now
from shared.governance.audit.entry import (
    KEPT_SECONDS,
    PARTITION_PREFIX,
    PREFIX,
    Entry,
    Operator,
    partition,
)
from shared.observability import log, trace
from shared.ports.store import Create, Item, Put, Store, every

DAYS, DAY_PREFIX, HEAD = "audit", "day:", "head"

MAX_CONFLICTS = 50
"""Times that a place in the chain is tried for, against other operators."""


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


async def record(
    store: Store,
    who: Operator,
    action: str,
    target: Mapping[str, str],
    outcome: str,
    *,
    of: str = "",
    purpose: str = "",
    policy: str = "",
    bot: str = "",
    department: str = "",
    conversation: str = "",
) -> str:
    """Append an entry, durably, and return its id. Raises TransientError.

    Of two that want the same place, the create of the second conflicts.
    """
    span = trace.current()
    draft = Entry(
        who=_storable(who.name),
        via=who.via,
        action=action,
        target={name: _storable(value) for name, value in target.items()},
        outcome=_storable(outcome),
        of=of,
        purpose=purpose,
        policy=policy,
        bot=bot,
        department=department,
        conversation=conversation,
        trace=span.trace_id if span else "",
    )
    for _ in range(MAX_CONFLICTS):
        now = utc_now()
        day = now[:10]
        try:
            entry = await _append(store, replace(draft, day=day, at=now))
        except Conflict:
            await asyncio.sleep(random() * 0.02)
            continue
        told = {"id": entry.id, "action": action, "outcome": outcome, "of": of}
        log.info("audit", **told, digest=entry.digest)
        return entry.id
    raise TransientError("others keep writing the audit trail")


async def _append(store: Store, draft: Entry) -> Entry:
    """Put an entry at the end of its day. Raises Conflict when another took the place."""
    day = draft.day
    head = await store.get(partition(day), HEAD)
    last = Link(**head.body) if head else await _open(store, day)
    number = last.number + 1 if last.day == day else 1
    entry = replace(draft, number=number, before=last.at, previous=last.digest).sealed()
    top = asdict(Link(day, number, draft.at, entry.digest))
    guard = Put(HEAD, top, etag=head.etag) if head else Create(HEAD, top)
    await store.write(partition(day), entry.to_op(), guard)
    return entry


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
    await store.write(DAYS, Create(f"{DAY_PREFIX}{day}", asdict(last)))
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


def _storable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
