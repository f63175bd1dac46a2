"""What the bots cost: every metered use at the price of its day, sums that agree to the cent.

`lines` makes one charge for each bot, skill, channel, day and meter; whatever a report groups by,
the groups add up to the same total, because they are sums of the same exact charges.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal

from shared.fabric import Fabric
from shared.governance.prices import Price
from shared.observability.meter import ModelCall
from shared.operations.reports.entries import entries
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope, turns
from shared.operations.reports.value import Worth, worth

CENT = Decimal("0.01")
UNALLOCATED = "unallocated"
"""The bot or department of what no manifest explains any more."""


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
    channels: list[Group]
    meters: list[Group]
    days: list[Group]
    unpriced: dict[str, float]
    conversations: int
    usd_per_1000_conversations: float
    value: list[Worth]


_Key = tuple[str, str, str, str, str]


async def charges(fabric: Fabric, scope: Scope, period: Period) -> tuple[list[Charge], int]:
    """Price what was used. Returns the charges and the number of conversations."""
    used: defaultdict[_Key, Decimal] = defaultdict(Decimal)
    conversations: set[str] = set()
    memory_gb = Decimal(fabric.settings.function_memory_mb) / 1024
    async for turn in turns(fabric, scope, period):
        conversations.add(turn.conversation)
        place = (turn.bot, turn.skill, turn.channel, turn.day)
        used[*place, "functions.executions"] += 1
        used[*place, "functions.gb_seconds"] += Decimal(str(turn.seconds)) * memory_gb
        if turn.channel == "whatsapp" and turn.replies:
            used[*place, "whatsapp.messages"] += turn.replies
    async for entry in entries(fabric, scope, period):
        day = datetime.fromtimestamp(entry.at, UTC).date().isoformat()
        place = (entry.bot, entry.skill, entry.channel, day)
        if entry.request_units:
            used[*place, "cosmos.request_units"] += Decimal(str(entry.request_units))
        for call in entry.model_calls:
            for meter, tokens in metered_tokens(call):
                used[*place, meter] += tokens
        for service in entry.service_calls:
            if service.amount:
                used[*place, service.meter] += Decimal(str(service.amount))
    found = [_charge(fabric, key, quantity) for key, quantity in sorted(used.items())]
    return found, len(conversations)


async def cost(fabric: Fabric, scope: Scope, period: Period) -> Cost:
    """Sum the charges by whom, by what and by when."""
    found, conversations = await charges(fabric, scope, period)
    exact = sum((charge.usd or Decimal() for charge in found), Decimal())
    unpriced: defaultdict[str, Decimal] = defaultdict(Decimal)
    for charge in found:
        if charge.price is None:
            unpriced[charge.meter] += charge.quantity
    bots = _groups(found, lambda charge: charge.bot)
    return Cost(
        usd=float(_cents(exact)),
        bots=bots,
        departments=_groups(found, lambda charge: charge.department),
        cost_centers=_groups(found, lambda charge: charge.cost_center or UNALLOCATED),
        skills=_groups(found, lambda charge: charge.skill),
        channels=_groups(found, lambda charge: charge.channel),
        meters=_groups(found, lambda charge: charge.meter),
        days=_groups(found, lambda charge: charge.day),
        unpriced={meter: float(quantity) for meter, quantity in sorted(unpriced.items())},
        conversations=conversations,
        usd_per_1000_conversations=round(float(exact) * 1000 / conversations, 4)
        if conversations
        else 0.0,
        value=await worth(fabric, scope, period, {bot.name: bot.usd for bot in bots}),
    )


def metered_tokens(call: ModelCall) -> Iterator[tuple[str, int]]:
    """Cached tokens are among the input, and cost less."""
    usage, name = call.usage, f"tokens.{call.deployment}"
    fresh = usage.input_tokens - usage.cached_tokens
    kinds = {"input": fresh, "cached": usage.cached_tokens, "output": usage.output_tokens}
    yield from ((f"{name}.{kind}", tokens) for kind, tokens in kinds.items() if tokens)


def _charge(fabric: Fabric, key: _Key, quantity: Decimal) -> Charge:
    bot, skill, channel, day, meter = key
    manifest = fabric.bots.get(bot)
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    return Charge(
        bot=bot,
        department=manifest.department if manifest else UNALLOCATED,
        cost_center=manifest.cost_center if manifest else UNALLOCATED,
        skill=skill,
        channel=channel,
        day=day,
        meter=meter,
        quantity=quantity,
        price=fabric.prices.at(meter, midnight),
    )


def _groups(found: Sequence[Charge], name_of: Callable[[Charge], str]) -> list[Group]:
    """The dearest first; cents go where the largest remainders are."""
    exact: defaultdict[str, Decimal] = defaultdict(Decimal)
    unpriced: defaultdict[str, int] = defaultdict(int)
    for charge in found:
        exact[name_of(charge)] += charge.usd or Decimal()
        unpriced[name_of(charge)] += charge.price is None
    rounded = _apportioned(exact)
    rows = [Group(name, float(usd), unpriced[name]) for name, usd in rounded.items()]
    return sorted(rows, key=lambda row: (-row.usd, row.name))


def _apportioned(exact: dict[str, Decimal]) -> dict[str, Decimal]:
    """Round to cents so that the parts add up to the rounded sum (largest remainder)."""
    down = {name: usd.quantize(CENT, ROUND_FLOOR) for name, usd in exact.items()}
    missing = int((_cents(sum(exact.values(), Decimal())) - sum(down.values(), Decimal())) / CENT)
    by_remainder = sorted(exact, key=lambda name: (down[name] - exact[name], name))
    for name in by_remainder[:missing]:
        down[name] += CENT
    return down


def _cents(usd: Decimal) -> Decimal:
    return usd.quantize(CENT)
