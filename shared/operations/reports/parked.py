"""What waits, for whom, why, since when, and until when: what the books count as parked."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import time

from shared.fabric import Fabric
from shared.operations.reports.turns import Scope
from shared.ports.store import Item, every
from shared.queues import OUTBOUND
from shared.records import acceptance, dead_letter
from shared.records.acceptance import Acceptance
from shared.records.conversation import rows_of
from shared.records.dead_letter import DeadLetter
from shared.records.effect import OUTBOX, Effect, Enqueue, Send, effect_of

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
    letters = every(fabric.store, dead_letter.PREFIX)
    dead = {(i.partition, DeadLetter.from_item(i).origin) async for i in letters}
    rows = await rows_of(fabric.store)
    now = time()
    found: list[tuple[float, Parked]] = []
    async for item in every(fabric.store, acceptance.PREFIX):
        note = Acceptance.from_item(item)
        if (
            note.parked
            and note.is_open(rows[item.partition])
            and (item.partition, note.origin) not in dead
        ):
            found.append((note.at, _row(item, note.skill, note.why, note.at)))
    async for item in every(fabric.store, OUTBOX):
        effect = effect_of(item)
        if why := _held_back(effect, now):
            since = effect.asked or effect.made
            queue = effect.queue if isinstance(effect, Enqueue) else OUTBOUND
            found.append((since, _row(item, queue, why, since)))
    chosen = [(at, row) for at, row in found if scope.takes(row.bot, fabric.bots.get(row.bot))]
    return [row for _, row in sorted(chosen, key=lambda pair: pair[0])]


def _held_back(effect: Effect, now: float) -> str:
    """Say why an effect does not go now, or "" for one that does; a turn's own retry is listed."""
    if effect.stopped_by and isinstance(effect, Send):
        return f"{effect.stopped_by} is stopped"
    if effect.failures:
        return str((effect.first or {}).get("error", ""))
    return PACED if effect.earliest > now else ""


def _row(item: Item, waits: str, why: str, since: float) -> Parked:
    bot = item.partition.partition(".")[0]
    return Parked(item.partition, bot, waits, why, _time(since), _time(item.due or 0.0))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
