"""The store: documents in partitions, and bodies too large for a message."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Item:
    """A stored document. `due` is a Unix time, or None when nothing waits for it."""

    partition: str
    id: str
    body: dict[str, Any]
    etag: str
    due: float | None = None

    @property
    def place(self) -> str:
        """Where it stands in the order over all partitions."""
        return f"{self.partition}\n{self.id}"


FOR_EVER = -1
"""As a `ttl`: against everything that gives items an end, such as a bot's retention."""


@dataclass(frozen=True, slots=True)
class Create:
    """Insert; Conflict when the id exists. `ttl` in seconds; None has no end of its own."""

    id: str
    body: dict[str, Any]
    due: float | None = None
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Insert or replace; with `etag`, Conflict unless the document still has it."""

    id: str
    body: dict[str, Any]
    etag: str | None = None
    due: float | None = None
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove; no error when absent. With `etag`, Conflict unless the document still has it."""

    id: str
    etag: str | None = None


Op = Create | Put | Delete

Etags = Mapping[str, str]
"""What a write made, by id, and the etag that each has; nothing of what the store does not know."""


class Store(Protocol):
    """Documents in partitions. Ids look like `kind:rest`; a partition's ids sort as text."""

    async def get(self, partition: str, id: str) -> Item | None: ...

    async def find(
        self,
        partition: str | None,
        prefix: str,
        *,
        after: str = "",
        due_by: float | None = None,
        limit: int = 100,
    ) -> list[Item]:
        """Items whose id starts with `prefix`, in order of id, those above the id `after` only.

        With `due_by`, only items whose `due` is set and not later, ordered by `due`. A
        `partition` of None searches all of them, ordered by (partition, id), above the
        `Item.place` `after`: for sweeps and reports, never in a turn.
        """
        ...

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        """Apply all or nothing; return the etags it gave. Raises Conflict with the id that lost.

        On return it is durable; unless that is not asked for, when losing it in a power cut
        only means that something is done again or not counted. What was written before is never
        lost alone: a cut takes the newest writes of a store, in their order.
        """
        ...

    async def check(self) -> str:
        """ "" when it works, else what is wrong in a few words without secrets."""
        ...

    async def close(self) -> None: ...


class Blobs(Protocol):
    """Bodies that are too large for a message, by name."""

    async def put(self, name: str, body: bytes) -> None:
        """Keep it, durable on return; the same name again replaces it. Raises Unavailable."""
        ...

    async def get(self, name: str) -> bytes | None: ...

    async def delete(self, name: str) -> None:
        """No error when absent."""
        ...

    async def stored_bytes(self) -> int:
        """How much all of them hold, for a timer, never in a turn."""
        ...

    async def address(self, name: str, *, seconds: float, content_type: str, file: str) -> str:
        """An URL that opens this blob for so long, as a download called `file`; "" without one."""
        ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...


PAGE = 1000


async def every(store: Store, prefix: str, partition: str | None = None) -> AsyncIterator[Item]:
    """Page by page, in order of id; over all partitions when none is named."""
    after = ""
    while page := await store.find(partition, prefix, after=after, limit=PAGE):
        for item in page:
            yield item
        after = page[-1].place if partition is None else page[-1].id
