"""What the bots cost: every metered use at the price of its day, sums that agree to the cent.

`lines` makes one charge for each bot, skill, channel, day and meter; whatever a report groups by,
the groups add up to the same total, because they are sums of the same exact charges.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from enum import Enum
from itertools import cycle

from shared.fabric import Fabric
from shared.governance.prices import Price, Prices
from shared.operations.reports.allotment import allotted
from shared.operations.reports.days import Used, by_bot
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.operations.reports.value import Worth, worth
from shared.records.daily import TALKED
from shared.records.figures import parts, quantity

CENT = Decimal("0.01")
UNALLOCATED = "unallocated"
"""The bot or department of what no manifest explains any more."""

NO_MODEL = "no model"
"""The model of everything that is no token, so that models add up to the total as well."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the bill. `usd` is exact, None when the meter has no price on that day."""

    bot: str
    department: str
    cost_center: str
    skill: str
    channel: str
    day: str
    meter: str
    quantity: Decimal
    price: Price | None

    @property
    def model(self) -> str:
        """The deployment that a charge for tokens is of, "" of any other."""
        kind, _, rest = self.meter.partition(".")
        return rest.rpartition(".")[0] if kind == "tokens" else ""

    @property
    def usd(self) -> Decimal | None:
        return None if self.price is None else self.quantity * self.price.per_unit


@dataclass(frozen=True, slots=True)
class Group:
    """A row of a report; `usd` is rounded so that the rows add up to the rounded total."""

    name: str
    usd: float
    unpriced: int


@dataclass(frozen=True, slots=True)
class Cost:
    """`unpriced` names the meters without a price and how much of them was used."""

    usd: float
    bots: list[Group]
    departments: list[Group]
    cost_centers: list[Group]
    skills: list[Group]
    models: list[Group]
    channels: list[Group]
    meters: list[Group]
    days: list[Group]
    unpriced: dict[str, float]
    conversations: int
    usd_per_1000_conversations: float
    value: list[Worth]


async def charges(fabric: Fabric, scope: Scope, period: Period) -> list[Charge]:
    """Price what was used, a charge for each bot, skill, channel, day and meter."""
    found = priced(fabric.prices, await allotted(fabric, scope, period))
    return sorted(found, key=lambda charge: (charge.bot, charge.skill, charge.channel, charge.day))


async def cost(fabric: Fabric, scope: Scope, period: Period) -> Cost:
    """Sum the charges by whom, by what and by when."""
    days = await allotted(fabric, scope, period)
    found = list(priced(fabric.prices, days, _Apart.WHOM))
    exact = sum((charge.usd or Decimal() for charge in found), Decimal())
    unpriced: defaultdict[str, Decimal] = defaultdict(Decimal)
    for charge in found:
        if charge.price is None:
            unpriced[charge.meter] += charge.quantity
    bots = grouped(found, lambda charge: charge.bot)
    talked = sum(one.tally.present.had(TALKED) for one in by_bot(days).values())
    return Cost(
        usd=float(_cents(exact)),
        bots=bots,
        departments=grouped(found, lambda charge: charge.department),
        cost_centers=grouped(found, lambda charge: charge.cost_center or UNALLOCATED),
        skills=grouped(found, lambda charge: charge.skill),
        models=grouped(found, lambda charge: charge.model or NO_MODEL),
        channels=grouped(found, lambda charge: charge.channel),
        meters=grouped(found, lambda charge: charge.meter),
        days=grouped(list(priced(fabric.prices, days, _Apart.WHEN)), lambda charge: charge.day),
        unpriced={meter: float(quantity) for meter, quantity in sorted(unpriced.items())},
        conversations=talked,
        usd_per_1000_conversations=round(float(exact) * 1000 / talked, 4) if talked else 0.0,
        value=await worth(fabric, scope, period, {bot.name: bot.usd for bot in bots}),
    )


async def falls_to(fabric: Fabric, scope: Scope, period: Period) -> Decimal:
    """Return what falls to a scope in whole cents, a department being a part of the platform."""
    if scope.bot or not scope.department:
        return Decimal(str((await cost(fabric, scope, period)).usd)).quantize(CENT)
    whole = await cost(fabric, Scope(), period)
    shares = {row.name: Decimal(str(row.usd)) for row in whole.departments}
    return shares.get(scope.department, Decimal()).quantize(CENT)


_Place = tuple[str, str, str, str]
"""Bot, department, cost center, day."""


class _Apart(Enum):
    """What stays apart: the rest is added up before it is priced."""

    ALL = "all"
    WHOM = "whom"
    WHEN = "when"

    def of(self, one: Used, prices: Prices) -> _Place:
        """The place that a day goes to; with WHOM, the first of days with the same prices."""
        if self is _Apart.WHEN:
            return ("", "", "", one.day)
        department = one.department or UNALLOCATED
        cost_center = one.cost_center if one.department else UNALLOCATED
        day = prices.holds_from(one.day) if self is _Apart.WHOM else one.day
        return (one.bot, department, cost_center, day)


def priced(prices: Prices, days: Iterable[Used], apart: _Apart = _Apart.ALL) -> Iterator[Charge]:
    """Add up what was used by what stays apart, then price it."""
    counted: dict[_Place, dict[str, int]] = {}
    for one in days:
        found = counted.setdefault(apart.of(one, prices), {})
        for name, number in one.tally.figures.meters.items():
            found[name] = found.get(name, 0) + number
    for (bot, department, cost_center, day), meters in sorted(counted.items()):
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
        for name, number in sorted(meters.items()):
            skill, channel, meter = parts(name)
            price = prices.at(meter, midnight)
            place = (bot, department, cost_center, skill, channel, day)
            yield Charge(*place, meter, quantity(meter, number), price)


def grouped(
    found: Sequence[Charge], name_of: Callable[[Charge], str], *, total: Decimal | None = None
) -> list[Group]:
    """The dearest first; cents go where the largest remainders are, so that all add up to `total`
    (by default to the rounded sum).
    """
    exact: defaultdict[str, Decimal] = defaultdict(Decimal)
    unpriced: defaultdict[str, int] = defaultdict(int)
    for charge in found:
        exact[name_of(charge)] += charge.usd or Decimal()
        unpriced[name_of(charge)] += charge.price is None
    rounded = _apportioned(exact, total)
    rows = [Group(name, float(usd), unpriced[name]) for name, usd in rounded.items()]
    return sorted(rows, key=lambda row: (-row.usd, row.name))


def _apportioned(exact: dict[str, Decimal], total: Decimal | None) -> dict[str, Decimal]:
    """Round to cents so that the parts add up to the total (largest remainder)."""
    if total is None:
        total = _cents(sum(exact.values(), Decimal()))
    down = {name: usd.quantize(CENT, ROUND_FLOOR) for name, usd in exact.items()}
    missing = int((total - sum(down.values(), Decimal())) / CENT)
    by_remainder = sorted(exact, key=lambda name: (down[name] - exact[name], name))
    step = CENT if missing > 0 else -CENT
    for name, _ in zip(cycle(by_remainder), range(abs(missing)), strict=False):
        down[name] += step
    return down


def _cents(usd: Decimal) -> Decimal:
    return usd.quantize(CENT)
