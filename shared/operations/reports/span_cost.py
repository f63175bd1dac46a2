"""What a span stands for in the bill: tokens, what a service bills, request units of the store."""

from decimal import Decimal

from shared.governance.prices import Prices
from shared.observability import conventions as names
from shared.observability.trace import Span

REQUEST_UNITS = "cosmos.request_units"


def tokens_of(span: Span) -> int:
    """Count what went in and came out of a model."""
    kinds = (names.INPUT_TOKENS, names.OUTPUT_TOKENS)
    return sum(int(span.attributes.get(kind, 0)) for kind in kinds)


def usd_of(span: Span, prices: Prices) -> Decimal | None:
    """Return the list price of a span, None where one of its meters has none.

    The request units of a commit are among those of its turn, and count there.
    """
    usd = Decimal()
    for meter, amount in _metered(span).items():
        price = prices.at(meter, span.started)
        if price is None:
            return None
        usd += amount * price.per_unit
    return usd


def is_charged(span: Span) -> bool:
    """Tell whether it is anything in the bill."""
    return bool(_metered(span))


def _metered(span: Span) -> dict[str, Decimal]:
    told = span.attributes
    found: dict[str, Decimal] = {}
    if deployment := told.get(names.MODEL):
        cached = int(told.get(names.CACHED_TOKENS, 0))
        kinds = {
            "input": int(told.get(names.INPUT_TOKENS, 0)) - cached,
            "cached": cached,
            "output": int(told.get(names.OUTPUT_TOKENS, 0)),
        }
        found = {f"tokens.{deployment}.{kind}": Decimal(n) for kind, n in kinds.items() if n}
    if unit := told.get(names.SERVICE_UNIT):
        service = span.name.partition(" ")[2]
        found[f"{service}.{unit}"] = Decimal(str(told.get(names.SERVICE_AMOUNT, 0)))
    units = told.get(names.REQUEST_UNITS, 0)
    if units and span.name.startswith("turn "):
        found[REQUEST_UNITS] = Decimal(str(units))
    return found
