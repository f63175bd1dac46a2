"""A limit of tokens or money in one window, and which of them a call of a bot counts against."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shared.bot import Bot
from shared.event import Event, event_id, utc_now
from shared.governance.department import Department
from shared.records.spend import counter_id

ALERT_AT = (0.8, 1.0)
"""Shares of a bot's limits that its owner is told of."""

MICRO = 1_000_000
"""Money is counted in millionths of a dollar."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What one call takes: tokens, and millionths of a dollar."""

    tokens: int = 0
    micro_usd: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit in one window, a UTC day or month. `unit` is `tokens`, or `usd` in millionths."""

    partition: str
    counter: str
    name: str
    unit: str
    window: str
    most: int
    owner: str = ""
    alert_at: tuple[float, ...] = ALERT_AT

    def of(self, amount: Amount) -> int:
        return amount.tokens if self.unit == "tokens" else amount.micro_usd


def limits_of(bot: Bot, department: Department | None, now: float, person: str = "") -> list[Limit]:
    """Every limit of tokens and money that a call of the bot counts against, in today's windows.

    `person` is a digest of who is talked with, "" for nobody.
    """
    moment = datetime.fromtimestamp(now, UTC)
    day, month = moment.date().isoformat(), f"{moment:%Y-%m}"
    partition = f"spend:{bot.department}"

    def limit(name: str, unit: str, window: str, who: str, most: float) -> Limit:
        scale = MICRO if unit == "usd" else 1
        id = counter_id(unit, who, window)
        return Limit(partition, id, name, unit, window, round(most * scale), bot.owner)

    found = []
    if person and bot.quota.tokens_per_user_per_day is not None:
        name = f"bot {bot.id}: tokens_per_user_per_day"
        most = bot.quota.tokens_per_user_per_day
        whole = limit(name, "tokens", day, f"{bot.id}.{person}", most)
        found.append(replace(whole, alert_at=()))
    if bot.quota.tokens_per_day is not None:
        name = f"bot {bot.id}: tokens_per_day"
        found.append(limit(name, "tokens", day, bot.id, bot.quota.tokens_per_day))
    if bot.quota.budget_usd_per_month is not None:
        name = f"bot {bot.id}: budget_usd_per_month"
        found.append(limit(name, "usd", month, bot.id, bot.quota.budget_usd_per_month))
    if department and department.budget_usd_per_month is not None:
        name = f"department {department.id}: budget_usd_per_month"
        whole = limit(name, "usd", month, "*", department.budget_usd_per_month)
        owner = department.owner or bot.owner
        found.append(replace(whole, owner=owner, alert_at=tuple(department.alert_at)))
    return found


def alert(limit: Limit, share: float) -> Event:
    """The fact that a share of a limit is spent, the same whoever finds it."""
    return Event(
        id=event_id("alert.raised", limit.partition, limit.counter, str(share)),
        type="alert.raised",
        subject="alerts",
        scope="*",
        data={
            "alert": "budget",
            "subject": limit.name,
            "detail": f"{share:.0%} of it is spent in {limit.window}",
            "page": "docs/operate.md#a-budget-passes-a-threshold",
            "limit": limit.name,
            "window": limit.window,
            "share": share,
            "owner": limit.owner,
        },
        time=utc_now(),
    )
