"""What things cost: dated list prices, one TOML file for the platform."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from shared.manifest import schema
from shared.manifest.shape import Form, explain
from shared.manifest.toml_file import parse, wrong

_UNIT = re.compile(r"(?:(\d{1,12})([kKM]?) +)?(\S.*)")
_SCALE = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000}


@dataclass(frozen=True)
class Price:
    """One row: `usd` for one `unit` of a meter, such as `1M tokens`, from a day on, in UTC."""

    meter: str = field(metadata={"min_length": 1})
    unit: str = field(metadata={"min_length": 1})
    usd: float = field(metadata={"ge": 0})
    effective_from: str = field(metadata={"pattern": r"^\d{4}-\d{2}-\d{2}$"})
    source: str = field(metadata={"min_length": 1})

    @property
    def begins(self) -> float:
        """The Unix time from which it holds."""
        return datetime.fromisoformat(self.effective_from).replace(tzinfo=UTC).timestamp()

    @property
    def pricing_unit(self) -> str:
        """The unit without its number: `tokens`."""
        match = _UNIT.fullmatch(self.unit)
        return match[3] if match else self.unit

    @property
    def per_unit(self) -> Decimal:
        """USD for one of the pricing unit."""
        match = _UNIT.fullmatch(self.unit)
        count = int(match[1]) * _SCALE[match[2]] if match and match[1] else 1
        return Decimal(str(self.usd)) / count


_FORM = Form(
    Price,
    "a price",
    {
        "meter": 'write meter = "tokens.gpt-4.1-mini.input", as `botfabric cost` names it',
        "unit": 'write unit = "1M tokens", how many of what the price is for',
        "usd": "write usd = 0.40, the price of one unit",
        "effective_from": "write effective_from = 2026-10-01, the first day it holds",
        "source": 'write source = "Azure Retail Prices", where the number comes from',
    },
)


class Prices:
    """The price of a meter at a time; None for a meter or a time without a row: unpriced."""

    def __init__(self, rows: Iterable[Price]) -> None:
        self._rows: defaultdict[str, list[Price]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: row.begins):
            self._rows[row.meter].append(row)

    def at(self, meter: str, moment: float) -> Price | None:
        rows = self._rows.get(meter, [])
        number = bisect_right(rows, moment, key=lambda row: row.begins)
        return rows[number - 1] if number else None

    @property
    def meters(self) -> Sequence[str]:
        """Every meter that has a row, in the order of the alphabet."""
        return sorted(self._rows)

    def of(self, meter: str) -> Sequence[Price]:
        """Every row of a meter, the oldest first."""
        return tuple(self._rows.get(meter, ()))


def load_prices(path: Path) -> Prices:
    """Read every `[[price]]`; none without the file: then all is unpriced.

    Raises ConfigurationError, one line, at the first mistake.
    """
    if not path.exists():
        return Prices(())
    raw = parse(path)
    tables = raw.pop("price", [])
    if raw:
        raise wrong(path, next(iter(raw)), "not known here; a price stands under [[price]]")
    if not isinstance(tables, list):
        raise wrong(path, "price", "write [[price]], with two brackets")
    rows = [_read(path, number, table) for number, table in enumerate(tables, 1)]
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, 1):
        if (row.meter, row.effective_from) in seen:
            raise wrong(
                path, f"price {number}", f"{row.meter} has a price from that day; keep one row"
            )
        seen.add((row.meter, row.effective_from))
    return Prices(rows)


@cache
def _validator() -> SchemaValidator:
    return schema.validator(Price)


def _read(path: Path, number: int, table: Any) -> Price:
    where = f"price {number}"
    if not isinstance(table, dict):
        raise wrong(path, where, "write [[price]], a table for each price")
    raw = {
        key: value.isoformat()[:10] if isinstance(value, date) else value
        for key, value in table.items()
    }
    try:
        row: Price = _validator().validate_python(raw)
        row.begins  # noqa: B018 -- a day that no calendar has
    except ValidationError as error:
        key, sentence = explain(error, _FORM)
        raise wrong(path, f"{where}: {key}", sentence) from None
    except ValueError:
        raise wrong(
            path, f"{where}: effective_from", "no day of the calendar; write 2026-10-01"
        ) from None
    return row
