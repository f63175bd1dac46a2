"""What things cost: dated list prices, one TOML file for the platform."""

from datetime import date
from pathlib import Path
from typing import Any

from shared.governance.prices import Price, Prices
from shared.manifest.rows import read
from shared.manifest.shape import Form
from shared.manifest.toml_file import parse, wrong

_FORM = Form(
    Price,
    "a price",
    {
        "meter": 'write meter = "tokens.gpt-4.1-mini.input", as `botfabric cost` names it',
        "unit": 'write unit = "1M tokens", how many of what the price is for',
        "usd": "write usd = 0.40, the price of one unit",
        "effective_from": "write effective_from = 2026-10-01, the first day it holds",
        "source": 'write source = "Azure Retail Prices", where the number comes from',
        "spread": 'write spread = "turns" or "even", who pays for what no bot causes alone',
        "first_of": 'write first_of = "whatsapp.service", the meters whose first it stands for',
        "first_a_month": "write first_a_month = 1000, how many of a bot's in a month",
    },
)


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


def _read(path: Path, number: int, table: Any) -> Price:
    where = f"price {number}"
    if not isinstance(table, dict):
        raise wrong(path, where, "write [[price]], a table for each price")
    raw = {
        key: value.isoformat()[:10] if isinstance(value, date) else value
        for key, value in table.items()
    }
    row = read(path, where, raw, _FORM)
    try:
        row.begins  # noqa: B018 -- a day that no calendar has
    except ValueError:
        raise wrong(
            path, f"{where}: effective_from", "no day of the calendar; write 2026-10-01"
        ) from None
    return row
