"""What was used outside of any turn, as entries of the ledger: booked once under its id.

They lie in partitions of their own, one for a bot, channel and month, and name nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from shared.observability.meter import ServiceCall
from shared.ports.store import Create, Item, Put
from shared.records.ledger_entry import METERED, PREFIX, Done, LedgerEntry

FIRST = "first"
"""The id of the document that counts the messages of a month which cost something else."""

SHARED = "_shared"
"""As the bot of what no bot causes alone; no manifest can have the name."""

METERED_CHANNELS = ("whatsapp", "")
"""Those that bill, and none, for what belongs to no channel."""

KEPT_SECONDS = 400 * 86_400


def metered_partition(bot: str, channel: str, at: float) -> str:
    return f"{bot}.{channel}.metered-{datetime.fromtimestamp(at, UTC):%Y-%m}"


def metered(
    id: str, bot: str, channel: str, at: float, amounts: Mapping[str, float]
) -> LedgerEntry:
    """The entry of so much of these meters, at a time that decides on day and price."""
    return LedgerEntry(
        id=f"{PREFIX}{id}",
        bot=bot,
        skill="",
        at=at,
        service_calls=[ServiceCall(meter, amount, "ok", 0.0) for meter, amount in amounts.items()],
        done=Done(type=METERED),
        partition=metered_partition(bot, channel, at),
    )


def booking(entry: LedgerEntry) -> Create:
    """The write that makes it, and no second one of the same id."""
    op = entry.put()
    return Create(op.id, op.body, due=op.due, ttl=op.ttl)


@dataclass(frozen=True, slots=True)
class First:
    """How many messages of a month were among the first."""

    count: int = 0
    etag: str = ""

    @classmethod
    def from_item(cls, item: Item | None) -> Self:
        return cls(int(item.body["count"]), item.etag) if item else cls()

    def one_more(self) -> Create | Put:
        body = {"count": self.count + 1}
        if self.etag:
            return Put(FIRST, body, etag=self.etag, ttl=KEPT_SECONDS)
        return Create(FIRST, body, ttl=KEPT_SECONDS)
