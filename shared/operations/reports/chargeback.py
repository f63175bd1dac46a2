"""The bill of a department as a page to send: HTML that stands alone, and prints on A4."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from math import isinf

from shared.operations.reports.allotment import NAME
from shared.operations.reports.cost import Charge, Group, grouped
from shared.operations.reports.period import Period

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 0 auto;
  max-width: 46rem; padding: 2.5rem 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .about { color: #555; }
.total { font-size: 2rem; font-weight: 600; margin: 1.25rem 0 .25rem; }
table { border-collapse: collapse; width: 100%; break-inside: auto; }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid #ddd;
  vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; border-bottom: 2px solid #1b1b1b; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr { break-inside: avoid; } tfoot td { font-weight: 600; border-top: 2px solid #1b1b1b;
  border-bottom: 0; } thead { display: table-header-group; }
footer { margin-top: 2rem; color: #555; font-size: .85rem; }
@page { size: A4; margin: 18mm 16mm; }
@media print { body { padding: 0; max-width: none; font-size: 10.5pt; } }
@media (max-width: 30rem) { body { padding: 1.25rem .75rem; }
  th, td { padding: .3rem .25rem; font-size: .8125rem; } }
"""


@dataclass(frozen=True, slots=True)
class Bill:
    """`department` is "" for the platform as a whole; `usd` is what falls to it, in whole cents, so
    that the bills of all departments add up to that of the platform.
    """

    department: str
    period: Period
    charges: Sequence[Charge]
    conversations: int
    made: float
    usd: Decimal


def page(bill: Bill) -> str:
    """Write the bill. Its parts add up to its total, to the cent."""
    total = bill.usd
    name = escape(bill.department or "All departments")
    tables = (
        ("By bot", "bot", _by(bill, lambda charge: charge.bot)),
        ("By what was used", "meter", _by(bill, lambda charge: charge.meter)),
        ("By cost center", "cost center", _by(bill, lambda charge: charge.cost_center)),
        ("By day", "day", sorted(_by(bill, lambda charge: charge.day), key=lambda row: row.name)),
    )
    sections = "".join(_section(title, head, rows, total) for title, head, rows in tables)
    each = f"{1000 * total / bill.conversations:,.2f}" if bill.conversations else "0.00"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Chatbots of {name}, {_when(bill)}</title><style>{STYLE}</style></head><body>"
        f"<h1>Chatbots of {name}</h1><p class=about>Costs from {_when(bill)}, in USD without tax"
        f"</p><p class=total>{total:,.2f} USD</p>"
        f"<p>{bill.conversations:,} conversations, {each} USD per 1,000</p>"
        f"{_shared(bill)}{sections}{_prices(bill.charges)}"
        f"<footer>Each part adds up to the total. Made {_day(bill.made)} from the ledger of Bot "
        f"Fabric, at list prices; what Azure bills may differ.</footer></body></html>\n"
    )


def _by(bill: Bill, name_of: Callable[[Charge], str]) -> list[Group]:
    return grouped(bill.charges, name_of, total=bill.usd)


def _section(title: str, head: str, rows: Iterable[Group], total: Decimal) -> str:
    lines = "".join(
        f"<tr><td>{_breaking(row.name) or 'none'}</td><td class=n>{_amount(row)}</td></tr>"
        for row in rows
    )
    return (
        f"<h2>{title}</h2><table><thead><tr><th scope=col>{head}</th><th scope=col class=n>USD</th>"
        f"</tr></thead><tbody>{lines}</tbody><tfoot><tr><td>total</td><td class=n>{total:,.2f}"
        f"</td></tr></tfoot></table>"
    )


def _breaking(name: str) -> str:
    """Let a long name break where its parts end, on a narrow page."""
    return escape(name).replace(".", ".<wbr>").replace("_", "_<wbr>")


def _quantity(quantity: Decimal) -> str:
    """Whole numbers, and of what is less than ten its parts."""
    return f"{quantity:,.0f}" if quantity >= 10 else f"{quantity.normalize():,.4g}"


def _shared(bill: Bill) -> str:
    """How much of it nobody causes alone, "" when there is nothing of that."""
    shares = {row.name: row.usd for row in _by(bill, lambda charge: str(_is_shared(charge)))}
    part = shares.get(str(True), 0.0)
    return f"<p>{part:,.2f} USD of it for what all bots share</p>" if part else ""


def _is_shared(charge: Charge) -> bool:
    return NAME in (charge.skill, charge.bot)


def _amount(row: Group) -> str:
    return "no price" if row.unpriced and not row.usd else f"{row.usd:,.2f}"


def _prices(charges: Iterable[Charge]) -> str:
    """How much was used, at which price, and from where that is; what has none is named."""
    used: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    prices = {}
    for charge in charges:
        row = charge.price.effective_from if charge.price else ""
        used[charge.meter, row] += charge.quantity
        prices[charge.meter, row] = charge.price
    lines = ""
    for (meter, row), quantity in sorted(used.items()):
        price = prices[meter, row]
        said = "no price: not billed"
        if price:
            said = f"{Decimal(str(price.usd)).normalize():f} USD for {price.unit}, since {row}"
        lines += (
            f"<tr><td>{_breaking(meter)}</td><td class=n>{_quantity(quantity)}</td>"
            f"<td>{escape(said)}</td></tr>"
        )
    return (
        "<h2>Quantities and prices</h2><table><thead><tr><th scope=col>meter</th>"
        "<th scope=col class=n>used</th><th scope=col>price</th></tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def _when(bill: Bill) -> str:
    """The first and the last day that the period has, or that something was used on."""
    days = sorted(charge.day for charge in bill.charges)
    first = _day(bill.period.since) if bill.period.since > 0 else (days[0] if days else "the first")
    last = days[-1] if days else _day(bill.made)
    if not isinf(bill.period.until):
        last = _day(bill.period.until - 1)
    return f"{first} to {last}"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
