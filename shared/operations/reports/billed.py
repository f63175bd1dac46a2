"""What was billed beside what was predicted: an export of Azure's costs against our charges.

Reads the CSV of Cost Management (actual cost) and FOCUS files. A row belongs to one of our
services by the name that the export has for it; whatever belongs to none is shown as well.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TextIO

from shared.errors import ConfigurationError
from shared.operations.reports.cost import Charge
from shared.operations.reports.period import Period

OTHER = "not metered here"

SERVICES = {
    "functions": ("functions", "azure functions", "azure app service", "microsoft.web"),
    "cosmos": ("azure cosmos db", "microsoft.documentdb"),
    "tokens": ("azure openai", "foundry models", "foundry tools", "cognitive services"),
    "servicebus": ("service bus", "azure service bus"),
    "eventgrid": ("event grid", "azure event grid"),
    "speech": ("azure ai speech", "speech"),
    "translator": ("azure ai translator", "translator"),
    "documents": ("azure ai document intelligence", "document intelligence"),
    "whatsapp": ("whatsapp business platform",),
    "logs": ("azure monitor", "log analytics", "microsoft.operationalinsights"),
    "fixed": ("bot fabric",),
    "blobs": ("azure storage", "storage", "microsoft.storage"),
}
"""By the first part of our meters: what exports call the service, in lower case."""

_COST = ("BilledCost", "CostInBillingCurrency", "costInBillingCurrency", "CostInUsd", "PreTaxCost")
_DAY = ("ChargePeriodStart", "Date", "date", "UsageDate", "UsageDateTime")
_SERVICE = ("ServiceName", "MeterSubCategory", "MeterCategory", "meterCategory", "ConsumedService")
_CURRENCY = ("BillingCurrency", "BillingCurrencyCode", "billingCurrency", "Currency")


@dataclass(frozen=True, slots=True)
class Compared:
    """`off` is how far the prediction was from the bill, as a share of that; 0.0 of no bill."""

    service: str
    predicted: float
    billed: float
    off: float


@dataclass(frozen=True, slots=True)
class _Row:
    service: str
    usd: Decimal
    at: float


def compare(charges: Iterable[Charge], file: TextIO, period: Period) -> list[Compared]:
    """Set both beside each other, by service, the dearest first.

    Raises ConfigurationError for what is no such export.
    """
    predicted: defaultdict[str, Decimal] = defaultdict(Decimal)
    for charge in charges:
        predicted[_service_of(charge.meter)] += charge.usd or Decimal()
    billed: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in _rows(file):
        if row.at in period:
            billed[row.service] += row.usd
    rows = [
        _compared(name, predicted[name], billed[name]) for name in sorted({*predicted, *billed})
    ]
    return sorted(rows, key=lambda row: (-max(row.billed, row.predicted), row.service))


def _service_of(meter: str) -> str:
    """The service that a meter is of; `fixed.servicebus` is the base charge of one."""
    first, _, rest = meter.partition(".")
    return rest if first == "fixed" and rest in SERVICES else first


def _compared(name: str, predicted: Decimal, billed: Decimal) -> Compared:
    off = float((predicted - billed) / billed) if billed else 0.0
    cents = Decimal("0.01")
    shown = (float(predicted.quantize(cents)), float(billed.quantize(cents)))
    return Compared(name, *shown, round(off, 4))


def _rows(file: TextIO) -> Iterator[_Row]:
    reader = csv.DictReader(file)
    names = [name.lstrip("\ufeff") for name in reader.fieldnames or ()]
    reader.fieldnames = names
    cost, day = _column(names, _COST, "a cost"), _column(names, _DAY, "a day")
    services = [name for name in _SERVICE if name in names]
    currency = next((name for name in _CURRENCY if name in names), "")
    if not services:
        raise ConfigurationError(f"the file names no service; it has none of {', '.join(_SERVICE)}")
    for line, row in enumerate(reader, 2):
        if currency and row[currency] not in ("", "USD"):
            raise ConfigurationError(
                f"line {line}: {row[currency][:10]!r}; export the costs in USD, as prices.toml has"
            )
        try:
            usd, at = Decimal(row[cost] or "0"), _moment(row[day] or "")
        except (InvalidOperation, ValueError):
            raise ConfigurationError(
                f"line {line}: {cost} and {day} are no amount and no day; export the file anew"
            ) from None
        yield _Row(_service(row, services), usd, at)


def _column(names: Iterable[str], known: Iterable[str], what: str) -> str:
    found = next((name for name in known if name in set(names)), "")
    if not found:
        raise ConfigurationError(
            f"the file has no column of {what}; it has none of {', '.join(known)}. Export actual "
            "cost of Cost Management as CSV, or FOCUS"
        )
    return found


def _service(row: Mapping[str, str], columns: Iterable[str]) -> str:
    for column in columns:
        text = (row[column] or "").strip().lower()
        for service, names in SERVICES.items():
            if text in names:
                return service
    return OTHER


def _moment(text: str) -> float:
    """An ISO 8601 day or time, or a day as older exports write it (MM/DD/YYYY)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.strptime(text, "%m/%d/%Y")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
