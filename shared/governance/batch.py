"""A batch of the ledger's entries on its way into the days, and what they come to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Self

from shared.ports.store import Create, Item, Put, Store
from shared.records.daily import Present
from shared.records.figures import Figures
from shared.records.ledger_entry import METERED, LedgerEntry
from shared.records.uncounted import KINDS, Uncounted

ROLLUP = "rollup"
"""The partition of the batch, and of the names of all bots that have days."""

BATCH = "batch"

MAX_PENDING = 50_000
"""Entries that a report adds up itself; older ones than that many are missing until the next
roll-up."""

Key = tuple[str, str]
"""A bot and a day."""


@dataclass(slots=True)
class Tally:
    """What entries come to for one bot on one day."""

    figures: Figures = field(default_factory=Figures)
    present: Present = field(default_factory=Present)

    def count(self, entry: LedgerEntry, memory_mb: int) -> None:
        self.figures.count(entry, memory_mb)
        if not (entry.done and entry.done.type == METERED):
            self.present.meet(entry)


def tallied(entries: Iterable[LedgerEntry], memory_mb: int) -> dict[Key, Tally]:
    """Count entries by bot and day."""
    found: defaultdict[Key, Tally] = defaultdict(Tally)
    for entry in entries:
        found[entry.bot, entry.day].count(entry, memory_mb)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Batch:
    """`places` are those of its entries, none when it is closed."""

    number: int = 0
    tallies: Mapping[Key, Tally] = field(default_factory=dict)
    places: Sequence[tuple[str, str]] = ()
    etag: str = ""

    @classmethod
    def from_item(cls, item: Item) -> Self:
        body = item.body
        tallies = {
            (bot, day): Tally(Figures.from_body(figures), Present.from_body(present))
            for bot, day, figures, present in body["tallies"]
        }
        return cls(body["number"], tallies, [(p, id) for p, id in body["places"]], item.etag)

    @property
    def is_open(self) -> bool:
        return bool(self.places)

    def to_op(self) -> Create | Put:
        body: dict[str, Any] = {
            "number": self.number,
            "tallies": [
                [bot, day, tally.figures.to_body(), tally.present.to_body()]
                for (bot, day), tally in self.tallies.items()
            ],
            "places": [list(place) for place in self.places],
        }
        return Put(BATCH, body, etag=self.etag) if self.etag else Create(BATCH, body)


async def pending(store: Store, limit: int) -> list[Uncounted]:
    """Return entries that no day has yet."""
    found = list[Uncounted]()
    for kind in KINDS:
        if left := limit - len(found):
            items = await store.find(None, kind, due_by=inf, limit=left)
            found += map(Uncounted.of, items)
    return found


async def last_batch(store: Store) -> Batch:
    item = await store.get(ROLLUP, BATCH)
    return Batch.from_item(item) if item else Batch()
