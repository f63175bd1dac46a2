"""Append to the chains: whoever comes while one write is under way goes together with the next."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import random

from shared.errors import Conflict, FabricError, TransientError
from shared.event import utc_now
from shared.governance.audit.chain import HEAD, Link, end_of
from shared.governance.audit.entry import Entry, Operator, partition
from shared.observability import log, trace
from shared.ports.store import Op, Put, Store

MAX_ENTRIES = 90
"""Of one write: a batch of Cosmos DB takes a hundred operations."""

MAX_CONFLICTS = 50
"""Times that a place in the chain is tried for, against other processes."""


@dataclass(slots=True, eq=False)
class _Draft:
    """An entry without a place, and what becomes of it."""

    entry: Entry
    durable: bool
    placed: "asyncio.Future[Entry]"


class Trail:
    """The end of one store's chains, as far as this process knows it.

    Of two processes that want the same place, the create of the second conflicts; it then looks
    where the chain ends.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[_Draft] = []
        self._end: Link | None = None
        self._writing = asyncio.Lock()

    async def record(
        self,
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
        durable: bool = True,
    ) -> str:
        """Append an entry and return its id. Raises TransientError.

        `durable` as in `Store.write`: False for what will be put on record again if it is lost.
        """
        span = trace.current()
        entry = await self._placed(
            Entry(
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
            ),
            durable,
        )
        told = {"id": entry.id, "action": action, "outcome": outcome, "of": of}
        log.info("audit", **told, digest=entry.digest)
        return entry.id

    async def _placed(self, entry: Entry, durable: bool) -> Entry:
        draft = _Draft(entry, durable, asyncio.get_running_loop().create_future())
        self._waiting.append(draft)
        try:
            async with self._writing:
                while not draft.placed.done():
                    await self._write(self._waiting[:MAX_ENTRIES])
        finally:
            self._waiting = [one for one in self._waiting if one is not draft]
        return draft.placed.result()

    async def _write(self, drafts: Sequence[_Draft]) -> None:
        """Write all, or tell each why not. Who is cancelled in it leaves the others waiting."""
        try:
            entries = await self._tried(drafts)
        except FabricError as error:
            for draft in drafts:
                draft.placed.set_exception(error)
        else:
            for draft, entry in zip(drafts, entries, strict=True):
                draft.placed.set_result(entry)
        self._waiting = [draft for draft in self._waiting if not draft.placed.done()]

    async def _tried(self, drafts: Sequence[_Draft]) -> list[Entry]:
        for _ in range(MAX_CONFLICTS):
            try:
                return await self._append(drafts)
            except Conflict:
                await asyncio.sleep(random() * 0.02)
        raise TransientError("others keep writing the audit trail")

    async def _append(self, drafts: Sequence[_Draft]) -> list[Entry]:
        """Put entries at the end of today's chain. Raises Conflict when another took the place."""
        now = utc_now()
        day = now[:10]
        last, self._end = self._end, None
        if last is None or last.day != day:
            last = await end_of(self._store, day)
        entries: list[Entry] = []
        for draft in drafts:
            entries.append(last.next(draft.entry, now))
            last = Link.to(entries[-1])
        durable = any(draft.durable for draft in drafts)
        ops: list[Op] = [entry.to_op() for entry in entries]
        await self._store.write(partition(day), *ops, Put(HEAD, last.body), durable=durable)
        self._end = last
        return entries


def _storable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
