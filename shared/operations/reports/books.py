"""The books: what came in, and what became of it. They balance."""

from collections.abc import AsyncIterator, Iterable, Sequence
from time import time

from shared.fabric import Fabric
from shared.operations.reports.turns import Scope
from shared.ports.store import Item, every
from shared.records import acceptance, dead_letter
from shared.records.acceptance import Acceptance
from shared.records.conversation import rows_of
from shared.records.dead_letter import DeadLetter
from shared.records.effect import OUTBOX, REPEAT, effect_of
from shared.records.row import Row

EVERYTHING = Scope()


async def books(fabric: Fabric, scope: Scope = EVERYTHING) -> dict[str, int]:
    """accepted = done + parked + dead + pending, counted over every conversation.

    `done`: answered, nothing left to send. `parked`: waits for a known time, a retry or a
    paced send. `dead`: an event or a reply of it was given up, with its reason on record.
    `repeated` counts sends that may have reached a channel twice, too many rather than too
    few. What a turn took along shares the fate of the activity it went with. Walks all
    activities of the last 30 days: a report, not a health check.
    """
    letters = every(fabric.store, dead_letter.PREFIX)
    dead = {(i.partition, DeadLetter.from_item(i).origin) async for i in letters}
    rows = await rows_of(fabric.store)
    now = time()
    left: dict[tuple[str, str], str] = {}
    async for item in every(fabric.store, OUTBOX):
        effect = effect_of(item)
        place = (item.partition, effect.origin)
        left[place] = "parked" if effect.waits(now) and left.get(place) != "pending" else "pending"
    unfinished: dict[tuple[str, str], str] = {}
    along: list[tuple[str, str]] = []
    count = dict.fromkeys(("accepted", "done", "parked", "dead", "pending", "repeated"), 0)
    async for partition, notes in _by_conversation(fabric, scope):
        for note in _once(notes, rows[partition]):
            place = (partition, note.origin)
            if note.along:
                along.append((partition, note.along))
                continue
            if place in dead:
                fate = "dead"
            elif note.is_open(rows[partition]):
                fate = "parked" if note.parked else "pending"
            else:
                fate = left.get(place, "done")
            if fate != "done":
                unfinished[place] = fate
            count["accepted"] += 1
            count[fate] += 1
    for place in along:
        count["accepted"] += 1
        count[unfinished.get(place, "done")] += 1
    count["repeated"] = len(
        [i async for i in every(fabric.store, REPEAT) if _belongs(fabric, scope, i)]
    )
    return count


async def _by_conversation(
    fabric: Fabric, scope: Scope
) -> AsyncIterator[tuple[str, Sequence[Acceptance]]]:
    """Walk all notes, those of a conversation together."""
    partition, notes = "", list[Acceptance]()
    async for item in every(fabric.store, acceptance.PREFIX):
        if not _belongs(fabric, scope, item):
            continue
        if item.partition != partition and notes:
            yield partition, notes
            notes = []
        partition = item.partition
        notes.append(Acceptance.from_item(item))
    if notes:
        yield partition, notes


def _once(notes: Sequence[Acceptance], row: Row) -> Iterable[Acceptance]:
    """Return one note of each activity: a copy may have another, an unfinished one tells more."""
    found: dict[str, Acceptance] = {}
    for note in notes:
        other = found.get(note.origin)
        if other is None or (note.is_open(row) and not other.is_open(row)):
            found[note.origin] = note
    return found.values()


def _belongs(fabric: Fabric, scope: Scope, item: Item) -> bool:
    bot = item.partition.partition(".")[0]
    return scope.takes(bot, fabric.bots.get(bot))


def balanced(count: dict[str, int]) -> bool:
    return count["accepted"] == sum(count[fate] for fate in ("done", "parked", "dead", "pending"))
