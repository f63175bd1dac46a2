"""What waits, for whom, why, since when, and until when: what the books count as parked."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any

from shared.fabric import Fabric
from shared.operations.reports.turns import Scope
from shared.ports.store import Item, every
from shared.queues import OUTBOUND

PACED = "the channel's pace"


@dataclass(frozen=True, slots=True)
class Parked:
    """One message. `waits` names the skill it waits for, or the queue its answer goes out by.

    `since` is when it was written, `again` when it is tried next, as ISO 8601 times.
    """

    conversation: str
    bot: str
    waits: str
    why: str
    since: str
    again: str


async def parked(fabric: Fabric, scope: Scope) -> list[Parked]:
    """Return what waits, the oldest first; nothing of what was said."""
    dead = {(i.partition, i.body.get("origin")) async for i in every(fabric.store, "dead:")}
    now = time()
    found: list[tuple[float, Parked]] = []
    async for item in every(fabric.store, "accepted:"):
        origin = item.id.removeprefix("accepted:")
        if item.due is None or (item.partition, origin) in dead or not item.body.get("parked"):
            continue
        row = _row(item, str(item.body["skill"]), str(item.body.get("why", "")), item.body["at"])
        found.append((item.body["at"], row))
    async for item in every(fabric.store, "outbox:"):
        if why := _held_back(item.body, now):
            since = item.body.get("asked") or item.body["made"]
            found.append((since, _row(item, str(item.body.get("queue", OUTBOUND)), why, since)))
    chosen = [(at, row) for at, row in found if scope.takes(row.bot, fabric.bots.get(row.bot))]
    return [row for _, row in sorted(chosen, key=lambda pair: pair[0])]


def _held_back(effect: dict[str, Any], now: float) -> str:
    """Say why an effect does not go now, or "" for one that does; a turn's own retry is listed."""
    if effect.get("stopped_by") and effect.get("kind") == "send":
        return f"{effect['stopped_by']} is stopped"
    if effect.get("failures"):
        return str((effect.get("first") or {}).get("error", ""))
    return PACED if effect.get("not_before", 0.0) > now else ""


def _row(item: Item, waits: str, why: str, since: float) -> Parked:
    bot = item.partition.partition(".")[0]
    return Parked(item.partition, bot, waits, why, _time(since), _time(item.due or 0.0))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
