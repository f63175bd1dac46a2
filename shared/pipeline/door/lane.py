"""The lane of what comes in: its number in the row of its conversation, its queue, its time.

Usually nothing is unfinished. Then one read tells where it goes, and the number that it gets is
free: who creates its note knows that nobody else was let in meanwhile.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import time

from shared.dialogue.addressee import addressee
from shared.errors import Conflict
from shared.event import Event
from shared.fabric import Fabric
from shared.governance.limits.admission import GAP, not_before
from shared.pipeline.door import crowd
from shared.pipeline.turns import overlap
from shared.pipeline.turns.manifest import manifest_for
from shared.ports.channel import Inbound
from shared.ports.store import Create
from shared.records.acceptance import Acceptance, unfinished
from shared.records.conversation import DOCUMENT, Conversation, load
from shared.records.row import Row
from shared.records.seen import seen_id

MOST_AT_ONCE = 50
"""Notes in one write."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The skill whose queue takes what came in, and from which Unix time on; 0 at once.

    `kept` when what the bus could not take before must go first. `events` are what is to be
    enqueued, each with its number; `known` names those that were noted before.
    """

    skill: str
    events: Sequence[Event]
    not_before: float = 0.0
    kept: bool = False
    known: frozenset[str] = frozenset()

    @property
    def fresh(self) -> Sequence[Event]:
        """What nobody has noted yet."""
        return [event for event in self.events if event.id not in self.known]

    def unnumbered(self) -> "Lane":
        """Return it as it is when nothing could be noted."""
        return replace(self, events=[replace(event, number=0) for event in self.events])

    def delay(self) -> float:
        """Never 0 for what is scheduled, so that it stays behind what was scheduled before."""
        return max(GAP, self.not_before - time()) if self.not_before else 0.0


@dataclass(slots=True)
class Entrance:
    """Events of one conversation on their way into its row, whose bot lets them in at `slot`."""

    fabric: Fabric
    key: str
    inbound: Inbound
    events: Sequence[Event]
    slot: float
    _crowded: bool = False
    _finished: set[str] = field(default_factory=set)

    async def look(self) -> Lane:
        """Find the lane. Raises Crowded."""
        item = await self.fabric.store.get(self.key, DOCUMENT)
        if item is not None:
            self.fabric.fresh.keep(item)
        conversation = Conversation.from_item(item) if item else None
        row = conversation.row if conversation else Row()
        notes: Sequence[Acceptance] = ()
        if self._crowded or row.open:
            notes = await crowd.waiting(self.fabric, self.inbound, row)
            await self._forget_missing(conversation, notes)
        fresh = [event for event in self.events if not await self._is_finished(event, conversation)]
        await self._choose_manifest(conversation)
        return self._lane(fresh, conversation, notes)

    async def note(self, lane: Lane) -> bool:
        """Note what is let in, for the books and the order.

        Return False when others were let in meanwhile: then the lane is another one. A part of
        many may be noted by then, and is known to the next look.
        """
        creates = [_noted(self.fabric, event, lane) for event in lane.fresh]
        try:
            for start in range(0, len(creates), MOST_AT_ONCE):
                part = creates[start : start + MOST_AT_ONCE]
                await self.fabric.store.write(self.key, *part, durable=False)
        except Conflict:
            self._crowded = True
            return False
        return True

    async def note_late(self, lane: Lane) -> None:
        """Note what the bus took without a note, unless it was handled by now.

        Written with the conversation, so that no turn comes in between. Raises Conflict.
        """
        store, key = self.fabric.store, self.key
        conversation = await load(store, lane.events[0])
        notes = await unfinished(store, key, conversation.row)
        left = [event for event in lane.events if await store.get(key, seen_id(event.id)) is None]
        late = self._lane(left, conversation, notes)
        late = replace(late, skill=lane.skill, not_before=lane.not_before)
        creates = [_noted(self.fabric, event, late) for event in late.fresh[:MOST_AT_ONCE]]
        if creates:
            await store.write(key, *creates, conversation.to_op(), durable=False)

    async def _choose_manifest(self, conversation: Conversation | None) -> None:
        bot = self.inbound.bot
        _, chosen = await manifest_for(self.fabric, bot, self.key, conversation)
        if chosen is not bot:
            self.inbound = replace(self.inbound, bot=chosen)

    async def _forget_missing(
        self, conversation: Conversation | None, notes: Sequence[Acceptance]
    ) -> None:
        """Take numbers out of the row whose notes have expired or were erased."""
        if conversation is None:
            return
        there = {note.number for note in notes}
        kept = [number for number in conversation.row.open if number in there]
        if kept != conversation.row.open:
            conversation.row.open = kept
            with suppress(Conflict):  # the next message tries again
                await self.fabric.store.write(self.key, conversation.to_op(), durable=False)

    async def _is_finished(self, event: Event, conversation: Conversation | None) -> bool:
        """Tell whether an event was handled before; asked only of what may be a copy, and once."""
        if event.id in self._finished:
            return True
        if conversation is None or not conversation.row.may_know(event.written()):
            return False
        if await self.fabric.store.get(self.key, seen_id(event.id)) is None:
            return False
        self._finished.add(event.id)
        return True

    def _lane(
        self,
        events: Sequence[Event],
        conversation: Conversation | None,
        notes: Sequence[Acceptance],
    ) -> Lane:
        """Decide where and when the events are enqueued, and under which numbers.

        While earlier activities of the conversation are unfinished (`notes`), the newest one's
        queue: the session keeps the order there, and the turn hands on what belongs elsewhere.
        Otherwise the addressee, so that a turn needs one hop.
        """
        bot, row = self.inbound.bot, conversation.row if conversation else Row()
        as_of = conversation.etag if conversation and not notes and len(events) == 1 else ""
        numbered, known = _in_row(events, row, notes, as_of)
        at = not_before(bot, self.slot, notes)
        if notes:
            newest, kept = max(notes, key=lambda note: note.at), any(note.kept for note in notes)
            return Lane(newest.skill, numbered, at, kept, known)
        skills = [self.fabric.skills[name] for name in bot.skills]
        floor, muted = (conversation.floor, conversation.muted) if conversation else ("", False)
        skill = addressee(bot, self.inbound.activity, skills, floor, muted=muted)
        return Lane(skill, numbered, at)


def _in_row(
    events: Sequence[Event], row: Row, notes: Sequence[Acceptance], as_of: str
) -> tuple[Sequence[Event], frozenset[str]]:
    """Return the events with their numbers, and the ids of those that had one before."""
    numbers = {note.origin: note.number for note in notes}
    free = max([row.last, *numbers.values()]) + 1
    known = frozenset(event.id for event in events if event.id in numbers)
    numbered = []
    for event in events:
        number = numbers.get(event.id) or free
        free += number == free
        numbered.append(replace(event, number=number, as_of=as_of))
    return numbered, known


def _noted(fabric: Fabric, event: Event, lane: Lane) -> Create:
    return overlap.note(fabric, event, lane.skill, lane.not_before).create()
