"""The alerts that last at this moment."""

from dataclasses import dataclass
from datetime import UTC, datetime

from shared.fabric import Fabric
from shared.operations.reports.alarms.alarm import Rule
from shared.operations.reports.turns import Scope
from shared.ports.store import every
from shared.records.alert import ALERTS, PREFIX, Alert


@dataclass(frozen=True, slots=True)
class Lasting:
    """`page` says what to do; `bot` is "" where it is nobody's alone."""

    alert: str
    subject: str
    detail: str
    since: str
    bot: str
    owner: str
    page: str


async def alerts(fabric: Fabric, scope: Scope) -> list[Lasting]:
    """List those of the scope's bots and those of no bot, the oldest first."""
    found = [Alert.from_item(item) async for item in every(fabric.store, PREFIX, ALERTS)]
    chosen = [
        one
        for one in found
        if (not one.bot and not scope.bot) or scope.takes(one.bot, fabric.bots.get(one.bot))
    ]
    return [_row(one) for one in sorted(chosen, key=lambda one: (one.since, one.subject))]


def _row(one: Alert) -> Lasting:
    since = datetime.fromtimestamp(one.since, UTC).isoformat(timespec="seconds")
    page = Rule(one.rule).page
    return Lasting(one.rule, one.subject, one.detail, since, one.bot, one.owner, page)
