"""Prices: what a meter costs from a day on, dated list prices."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal

_UNIT = re.compile(r"(?:(\d{1,12})([kKM]?) +)?(\S.*)")
_SCALE = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000}


Spread = Literal["", "turns", "even"]


@dataclass(frozen=True)
class Price:
    """One row: `usd` for one `unit` of a meter, such as `1M tokens`, from a day on, in UTC.

    With `first_of` the meter takes the place of those whose names begin so, for the first
    `first_a_month` of each bot. `spread` says who pays for what no bot causes alone: the bots of
    the day by their `turns`, or all that had any in `even` parts; with "" it stays shared.
    """

    meter: str = field(metadata={"min_length": 1})
    unit: str = field(metadata={"min_length": 1})
    usd: float = field(metadata={"ge": 0})
    effective_from: str = field(metadata={"pattern": r"^\d{4}-\d{2}-\d{2}$"})
    source: str = field(metadata={"min_length": 1})
    first_of: str = ""
    first_a_month: int = field(default=0, metadata={"ge": 0})
    spread: Spread = ""

    @property
    def begins(self) -> float:
        """The Unix time from which it holds."""
        return datetime.fromisoformat(self.effective_from).replace(tzinfo=UTC).timestamp()

    @property
    def pricing_unit(self) -> str:
        """The unit without its number: `tokens`."""
        match = _UNIT.fullmatch(self.unit)
        return match[3] if match else self.unit

    @cached_property
    def per_unit(self) -> Decimal:
        """USD for one of the pricing unit."""
        match = _UNIT.fullmatch(self.unit)
        count = int(match[1]) * _SCALE[match[2]] if match and match[1] else 1
        return Decimal(str(self.usd)) / count


class Prices:
    """The price of a meter at a time; None for a meter or a time without a row: unpriced."""

    def __init__(self, rows: Iterable[Price]) -> None:
        self._rows: defaultdict[str, list[Price]] = defaultdict(list)
        rows = sorted(rows, key=lambda row: row.begins)
        for row in rows:
            self._rows[row.meter].append(row)
        self._instead = sorted({row.meter for row in rows if row.first_of})
        self._changes = ["0001-01-01", *sorted({row.effective_from for row in rows})]

    def at(self, meter: str, moment: float) -> Price | None:
        rows = self._rows.get(meter, [])
        number = bisect_right(rows, moment, key=lambda row: row.begins)
        return rows[number - 1] if number else None

    def first(self, meter: str, moment: float) -> Price | None:
        """The row that the first of a month are charged by in the place of this meter's."""
        for instead in self._instead:
            row = self.at(instead, moment)
            if row and row.first_of and meter.startswith(f"{row.first_of}."):
                return row
        return None

    def holds_from(self, day: str) -> str:
        """The first day from which on all prices are those of `day`, also an ISO 8601 day."""
        return self._changes[bisect_right(self._changes, day) - 1]

    @cached_property
    def spreads(self) -> bool:
        """Whether any row gives to bots what none of them causes alone."""
        return any(row.spread for rows in self._rows.values() for row in rows)

    @property
    def meters(self) -> Sequence[str]:
        """Every meter that has a row, in the order of the alphabet."""
        return sorted(self._rows)

    def of(self, meter: str) -> Sequence[Price]:
        """Every row of a meter, the oldest first."""
        return tuple(self._rows.get(meter, ()))
