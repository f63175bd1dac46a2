"""That the owner of a bot is not in the directory any more: since when, and what was done."""

from dataclasses import asdict, dataclass, replace
from typing import Self

from shared.ports.store import Create, Delete, Item, Put

DEPARTED = "departed"
"""Their partition."""

PREFIX = "departed:"
KEPT_SECONDS = 400 * 86_400


@dataclass(frozen=True, slots=True)
class Departed:
    """`since` is when it was first seen, `pauses` when the bot is paused, in Unix time; 0 for
    never. `paused` is whether that was done because of this."""

    bot: str
    owner: str
    since: float
    pauses: float = 0.0
    paused: bool = False
    etag: str = ""

    @classmethod
    def of(cls, item: Item) -> Self:
        return cls(**item.body, etag=item.etag)

    def is_due(self, now: float) -> bool:
        return not self.paused and 0.0 < self.pauses <= now

    def was_paused(self) -> Self:
        return replace(self, paused=True)

    def to_op(self) -> Create | Put:
        """The write that keeps it, guarded by the etag it was read with."""
        body, id = asdict(self), f"{PREFIX}{self.bot}"
        body.pop("etag")
        if not self.etag:
            return Create(id, body, ttl=KEPT_SECONDS)
        return Put(id, body, etag=self.etag, ttl=KEPT_SECONDS)

    def end(self) -> Delete:
        return Delete(f"{PREFIX}{self.bot}", etag=self.etag)
