"""The audit trail: what operators did, in a chain that only grows.

An entry is `audit:<number>` in the partition `audit`: who, by which way, what, to what, when,
with what outcome, the time and the digest of the entry before, and its own digest. A deed has
two: `begun`, written before it, and its outcome, whose `of` names the first.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import random
from time import time
from typing import Any

from shared.errors import Conflict, TransientError
from shared.event import utc_now
from shared.observability import log
from shared.ports.store import Create, Put, Store, every

PARTITION, HEAD, PREFIX = "audit", "head", "audit:"

KEPT = 400 * 86_400
"""Seconds that an entry is kept: as long as the ledger's."""

_EARLY = 60.0
"""Seconds by which the clock of a store may be ahead when it expires an entry."""

MAX_CONFLICTS = 50
"""Times that a place in the chain is tried for, against other operators."""

BEGUN, DONE, DENIED = "begun", "done", "denied"


@dataclass(frozen=True, slots=True)
class Operator:
    """`name` is the OS user's or the token's object id; `via` is `cli` or `http`."""

    name: str
    via: str


async def record(
    store: Store,
    who: Operator,
    action: str,
    target: Mapping[str, str],
    outcome: str,
    *,
    of: int = 0,
) -> int:
    """Append an entry, durably, and return its number. Raises TransientError.

    Of two that want the same place, the create of the second conflicts.
    """
    for _ in range(MAX_CONFLICTS):
        head = await store.get(PARTITION, HEAD)
        last: dict[str, Any] = head.body if head else {"number": 0, "at": "", "digest": ""}
        entry: dict[str, Any] = {
            "number": last["number"] + 1,
            "at": utc_now(),
            "who": who.name,
            "via": who.via,
            "action": action,
            "target": dict(target),
            "outcome": outcome,
            "of": of,
            "before": last["at"],
            "previous": last["digest"],
        }
        entry["digest"] = _digest(entry)
        top = {name: entry[name] for name in ("number", "at", "digest")}
        new = Create(f"{PREFIX}{entry['number']:012d}", entry, ttl=KEPT)
        try:
            await store.write(PARTITION, new, Put(HEAD, top))
        except Conflict:
            await asyncio.sleep(random() * 0.02)
            continue
        told = {name: entry[name] for name in ("number", "action", "outcome", "of", "digest")}
        log.info("audit", **told)
        return int(entry["number"])
    raise TransientError("others keep writing the audit trail")


async def entries(store: Store) -> AsyncIterator[dict[str, Any]]:
    """Every entry, the oldest first."""
    async for item in every(store, PREFIX, PARTITION):
        yield item.body


async def deeds(store: Store) -> list[dict[str, Any]]:
    """One for each deed, with its outcome; `begun` when none is known: it may have happened."""
    found: dict[int, dict[str, Any]] = {}
    async for entry in entries(store):
        if begun := found.get(entry["of"]):
            begun["outcome"] = entry["outcome"]
        else:
            found[entry["number"]] = dict(entry)
    return list(found.values())


async def broken(store: Store) -> str:
    """Where the chain is not what was written; "" when it is whole.

    Its oldest entries may have expired. Who can write to the store can write a chain anew:
    compare with the digests in the log, which is kept elsewhere.
    """
    head = await store.get(PARTITION, HEAD)
    last: dict[str, Any] = {}
    complete = head is None
    async for entry in entries(store):
        kept = {name: value for name, value in entry.items() if name != "digest"}
        if entry.get("digest") != _digest(kept):
            return f"entry {entry.get('number')} was changed"
        if last and (entry["number"], entry["previous"]) != (last["number"] + 1, last["digest"]):
            return f"what followed entry {last['number']} is gone"
        if not last and not _expired(entry["before"]):
            return f"what came before entry {entry['number']} is gone"
        complete = complete or (head is not None and head.body["digest"] == entry["digest"])
        last = entry
    if head is None:
        return "the head of the chain is gone" if last else ""
    return "" if complete else f"entry {head.body['number']} is gone"


def _expired(at: str) -> bool:
    """Whether an entry written `at` is kept no more; "" when there was none."""
    return not at or time() - datetime.fromisoformat(at).timestamp() > KEPT - _EARLY


def _digest(entry: Mapping[str, Any]) -> str:
    text = json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
