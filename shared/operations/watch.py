"""The watch: alarms become alerts, each told once when it begins and once when it is over.

What is told is a fact, `alert.raised` or `alert.ended`, whose id derives from the alert: a watch
that is killed tells it again under the same id, and copies are dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.errors import Conflict
from shared.event import Event, event_id, utc_now
from shared.fabric import Fabric
from shared.observability import log
from shared.operations.reports.alarms.alarm import Alarm, Rule
from shared.operations.reports.alarms.evaluate import Evaluated, evaluate
from shared.ports.store import every
from shared.records.alert import ALERTS, PREFIX, Alert, alert_id

RAISED, ENDED = "alert.raised", "alert.ended"

SUBJECT = "alerts"
"""Of every such fact: a conversation that follows it hears them all."""

CALM_SECONDS = 600
"""A rule finds nothing for so long before its alert is over, so that it does not flicker."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What changes: those that begin, go on or calm down, and those that are over."""

    kept: Sequence[Alert] = field(default_factory=tuple)
    over: Sequence[Alert] = field(default_factory=tuple)


def plan(stored: Mapping[str, Alert], found: Evaluated, now: float) -> Plan:
    """Decide what becomes of the alerts there are, and of the alarms there are now."""
    kept: list[Alert] = []
    over: list[Alert] = []
    here = {alert_id(alarm.rule, alarm.subject): alarm for alarm in found.alarms}
    for id, alarm in here.items():
        alert = stored.get(id)
        if alert is None:
            kept.append(_begun(alarm, now))
        elif alert.calm_since or not alert.told:
            kept.append(alert.seen_again(alarm.detail))
    for id, alert in stored.items():
        if id in here or alert.rule in found.unknown:
            continue
        if alert.calm_since and now - alert.calm_since >= CALM_SECONDS:
            over.append(alert)
        elif not alert.calm_since:
            kept.append(alert.calm(now))
    return Plan(kept, over)


async def watch(fabric: Fabric, now: float) -> None:
    """Ask every rule, and tell what has begun and what is over."""
    items = every(fabric.store, PREFIX, ALERTS)
    stored = {item.id: Alert.from_item(item) async for item in items}
    decided = plan(stored, await evaluate(fabric, now), now)
    for alert in decided.kept:
        await _keep(fabric, alert)
    for alert in decided.over:
        await fabric.topic.publish(fact(ENDED, alert))
        try:
            await fabric.store.write(ALERTS, alert.end())
        except Conflict:
            continue  # another process has seen it again, or ended it
        log.info("alert.ended", rule=alert.rule, subject=alert.subject)


async def _keep(fabric: Fabric, alert: Alert) -> None:
    """Write it down first: who has written it tells it."""
    try:
        await fabric.store.write(ALERTS, alert.to_op())
    except Conflict:
        return
    if alert.told:
        return
    await fabric.topic.publish(fact(RAISED, alert))
    log.warning("alert.raised", rule=alert.rule, subject=alert.subject)
    item = await fabric.store.get(ALERTS, alert.id)
    if item:
        try:
            await fabric.store.write(ALERTS, Alert.from_item(item).was_told().to_op())
        except Conflict:
            return


def fact(type: str, alert: Alert) -> Event:
    """The fact that it has begun or is over, the same whoever tells it."""
    rule = Rule(alert.rule)
    return Event(
        id=event_id(type, alert.id, repr(alert.since)),
        type=type,
        subject=SUBJECT,
        bot=alert.bot,
        scope="*",
        data={
            "alert": alert.rule,
            "subject": alert.subject,
            "detail": alert.detail,
            "owner": alert.owner,
            "since": alert.since,
            "page": rule.page,
        },
        time=utc_now(),
    )


def _begun(alarm: Alarm, now: float) -> Alert:
    return Alert(
        rule=alarm.rule,
        subject=alarm.subject,
        detail=alarm.detail,
        since=now,
        bot=alarm.bot,
        owner=alarm.owner,
    )
