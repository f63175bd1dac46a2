"""How long what is stored of people lives: as their bot's `[retention]` says, and never for ever.

Every write passes here, so that a new kind which says nothing of its life has its conversation's.
The table of all kinds is docs/what-is-kept.md.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.bot import Bot, Retention
from shared.governance.limits.visitor import ANONYMOUS_CHANNELS
from shared.ports.store import FOR_EVER, Create, Delete, Etags, Item, Op, Put, Store
from shared.records.seen import has_words

DAY_SECONDS = 86_400

ANONYMOUS_DAYS = 30
"""Days from its last turn that the conversation of somebody whom no channel knows is kept."""

_CONVERSATION = re.compile(r"(?P<bot>[a-z][a-z0-9-]*)\.(?P<channel>[a-z]+)\.[0-9a-f]{32}")

UNTIL_DONE = "outbox"
"""The kind that lives until it is sent or dead, however long that takes."""

NUMBERED = "accepted"
"""The kind that ends with its conversation at the latest, which knows whether it is finished."""


class RetainedStore:
    """A store that gives what is written of a conversation its end."""

    def __init__(self, store: Store, bots: Mapping[str, Bot]) -> None:
        self._store = store
        self._bots = bots

    async def get(self, partition: str, id: str) -> Item | None:
        return await self._store.get(partition, id)

    async def find(self, partition: str | None, prefix: str, **how: Any) -> list[Item]:
        return await self._store.find(partition, prefix, **how)

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        of = _CONVERSATION.fullmatch(partition)
        ended = [op if isinstance(op, Delete) else self._ending(of, op) for op in ops]
        return await self._store.write(partition, *ended, durable=durable)

    async def check(self) -> str:
        return await self._store.check()

    async def close(self) -> None:
        await self._store.close()

    def _ending(self, of: re.Match[str] | None, op: Create | Put) -> Create | Put:
        """Return the write with an end; `of` is the conversation's key, None for none's."""
        if op.ttl == FOR_EVER:
            return op
        ttl = self._life(of, op)
        return op if ttl == op.ttl else replace(op, ttl=ttl)

    def _life(self, of: re.Match[str] | None, op: Create | Put) -> int | None:
        """Return the seconds that an item lives; None until somebody deletes it."""
        kind = op.id.partition(":")[0]
        if of is None:
            spoken = self._shortest_transcript() if kind == "dead" else None
            return _least(op.ttl, spoken)
        if kind == UNTIL_DONE:
            return op.ttl
        bot = self._bots.get(of["bot"])
        kept = bot.retention if bot else Retention()
        if kind == "dead" or (kind == "seen" and has_words(op.body)):
            return _least(op.ttl, kept.transcript_days * DAY_SECONDS)
        anonymous = of["channel"] in ANONYMOUS_CHANNELS
        days = min(kept.conversation_days, ANONYMOUS_DAYS) if anonymous else kept.conversation_days
        if kind == NUMBERED:
            return _least(op.ttl, days * DAY_SECONDS)
        return days * DAY_SECONDS if op.ttl is None else op.ttl

    def _shortest_transcript(self) -> int:
        """Of what belongs to no conversation nobody knows whose it is: the strictest bot's life."""
        kept = [bot.retention for bot in self._bots.values()] or [Retention()]
        return min(retention.transcript_days for retention in kept) * DAY_SECONDS


def _least(life: int | None, other: int | None) -> int | None:
    if life is None or other is None:
        return other if life is None else life
    return min(life, other)
