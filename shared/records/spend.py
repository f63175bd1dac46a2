"""What was spent of a limit in one window of time, and what is held for calls under way."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from shared.ports.store import Create, Item, Put

KEPT_SECONDS = 400 * 86_400
"""Longer than a year, for reports by month."""


def counter_id(unit: str, who: str, window: str) -> str:
    """Of a limit in `tokens` or `usd`: whose it is, `*` for the department's, and which window."""
    return f"counter:{unit}:{who}:{window}"


@dataclass(frozen=True, slots=True)
class HeldAmount:
    """`until` is the Unix time after which whoever held it is taken for dead."""

    amount: int
    until: float


@dataclass(frozen=True, slots=True)
class Counter:
    """One limit in one window. Amounts in tokens, or in millionths of a dollar.

    `told_shares` are the shares of the limit whose passing was told.
    """

    id: str
    spent: int = 0
    holds: Mapping[str, HeldAmount] = field(default_factory=dict)
    told_shares: tuple[float, ...] = ()
    etag: str = ""

    @classmethod
    def from_item(cls, item: Item) -> Self:
        body = item.body
        holds = {id: HeldAmount(*held) for id, held in body["holds"].items()}
        return cls(item.id, body["spent"], holds, tuple(body["told"]), item.etag)

    @property
    def taken(self) -> int:
        """Spent and held."""
        return self.spent + sum(held.amount for held in self.holds.values())

    def swept(self, now: float) -> Self:
        """Without the holds of whoever died."""
        live = {id: held for id, held in self.holds.items() if held.until > now}
        return replace(self, holds=live)

    def held(self, id: str, amount: int, until: float) -> Self:
        return replace(self, holds={**self.holds, id: HeldAmount(amount, until)})

    def settled(self, id: str, amount: int) -> Self:
        """The hold becomes what was used; 0 gives it back."""
        rest = {other: held for other, held in self.holds.items() if other != id}
        return replace(self, holds=rest, spent=self.spent + amount)

    def passed(self, shares: tuple[float, ...], limit: int) -> tuple[float, ...]:
        """Which of these shares of the limit are spent and not told yet."""
        return tuple(
            share
            for share in shares
            if share not in self.told_shares and self.spent >= share * limit
        )

    def told(self, shares: tuple[float, ...]) -> Self:
        return replace(self, told_shares=(*self.told_shares, *shares))

    def to_op(self) -> Create | Put:
        """The write that stores it, guarded by the etag it was read with."""
        body = {
            "spent": self.spent,
            "holds": {id: [held.amount, held.until] for id, held in self.holds.items()},
            "told": list(self.told_shares),
        }
        if not self.etag:
            return Create(self.id, body, ttl=KEPT_SECONDS)
        return Put(self.id, body, etag=self.etag, ttl=KEPT_SECONDS)
