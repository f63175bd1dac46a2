"""What the platform keeps of one conversation: one document, changed once a turn."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import time
from typing import Any, Self

from shared import wire
from shared.activity import ConversationReference
from shared.errors import PermanentError
from shared.event import ACTIVITY, Event
from shared.migration import FIRST_VERSION, Migration, State
from shared.ports.store import Create, Item, Put, Store, every
from shared.records.pace import Pace
from shared.records.row import Row
from shared.records.topic import Topic

DOCUMENT = "conversation"

GONE = "gone"
"""The id of the note, with its time, that the bot may not write in the conversation any more."""

MAX_AGE = 24 * 3600.0
"""Seconds from their first failure that work and messages are tried again."""

MAX_CONFLICTS = 5
"""Times a write is tried against others that change the same document."""

REMEMBERED = 30 * 86_400
"""Seconds that the copy of an activity or event is recognised."""

DEAD_KEPT = 90 * 86_400
"""Seconds that the record of something dead is kept."""


@dataclass
class Conversation:
    """The document `conversation` in the partition of its key.

    `state` holds one dict for each skill. `floor` names the skill that the next messages go
    to. `parked` lists, in order, what waits for a retry or is on its way to another skill, as
    `[work id, skill, seen]`: nothing may overtake what was seen less than `MAX_AGE` seconds ago;
    the first is tried again at the Unix time `wake`. `sequence` numbers the outbox, `last_message`
    is the place in it of the newest message to the person, "" when that is not known; `heard` is
    when the person last did something, in Unix time; `spoke` when the newest of the messages
    that were handled was written, `muted_at` when the one was that muted. `turns` are the newest
    Unix minute with turns and their number. `language` is the one last spoken in, `about` the
    topic so far. `signing_in` is the offer to sign in that is open, and the message that waits
    for it. `versions` names the version that wrote a skill's state, where it is not the first;
    `manifest` is the version of the bot's that the last turn went by, likewise. `row` tells which
    of what was accepted is unfinished.
    """

    reference: ConversationReference
    etag: str = ""
    floor: str = ""
    muted: bool = False
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    parked: list[list[Any]] = field(default_factory=list)
    wake: float = 0.0
    sequence: int = 0
    last_message: str = ""
    heard: float = 0.0
    spoke: float = 0.0
    muted_at: float = 0.0
    pace: Pace = field(default_factory=Pace)
    turns: list[int] = field(default_factory=lambda: [0, 0])
    language: str = ""
    about: Topic | None = None
    signing_in: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    manifest: str = ""
    row: Row = field(default_factory=Row)

    @classmethod
    def from_item(cls, item: Item, reference: ConversationReference | None = None) -> Self:
        """Read it as it is stored, to be answered where `reference` says, if that is known."""
        body = dict(item.body)
        stored = body.pop("reference")
        if reference is None:
            reference = ConversationReference.from_dict(stored)
        newest = body.pop("last_message", body.get("sequence", 0))
        last_message = _place(newest) if newest else ""
        pace, about = Pace(**body.pop("pace", {})), Topic.from_dict(body.pop("about", None))
        row = Row.from_dict(body.pop("row", None))
        conversation = cls(
            reference,
            item.etag,
            pace=pace,
            about=about,
            row=row,
            last_message=last_message,
            **body,
        )
        oldest = time() - MAX_AGE
        conversation.parked = [entry for entry in conversation.parked if entry[2] > oldest]
        return conversation

    def to_op(self) -> Create | Put:
        """The write that stores it: guarded by the etag it was read with.

        What is as in a new conversation is left out, and so is what only one activity brings.
        """
        newest = int(self.last_message.removeprefix("outbox:")) if self.last_message else 0
        more: dict[str, Any] = {
            "floor": self.floor,
            "muted": self.muted,
            "state": {skill: state for skill, state in self.state.items() if state},
            "parked": self.parked,
            "wake": self.wake,
            "sequence": self.sequence,
            "heard": self.heard,
            "spoke": self.spoke,
            "muted_at": self.muted_at,
            "pace": self.pace.to_dict(),
            "language": self.language,
            "about": self.about.to_dict() if self.about else {},
            "signing_in": self.signing_in,
            "versions": self.versions,
            "manifest": self.manifest,
            "row": self.row.to_dict(),
        }
        body: dict[str, Any] = {
            "reference": self.reference.to_dict(proactive=True),
            "turns": self.turns,
        }
        body |= {name: value for name, value in more.items() if value}
        if newest != self.sequence:
            body["last_message"] = newest
        return Put(DOCUMENT, body, etag=self.etag) if self.etag else Create(DOCUMENT, body)

    @property
    def open_sign_in(self) -> dict[str, Any]:
        """The offer to sign in that has not ended, {} without one."""
        pending = self.signing_in
        return pending if pending and pending["until"] > time() else {}

    def written_by(self, skill: str) -> str:
        """The version that wrote a skill's state, "" when there is none."""
        return self.versions.get(skill, FIRST_VERSION) if self.state.get(skill) else ""

    def state_for(self, skill: str, version: str, migrations: Mapping[str, Migration]) -> State:
        """A skill's state as this version reads it: what another one wrote is migrated."""
        state, before = self.state.setdefault(skill, {}), self.written_by(skill)
        if before not in ("", version):
            state = self.state[skill] = migrations[before](state)
        return state

    def keep_state(self, skill: str, version: str, state: State) -> None:
        self.state[skill] = state
        self.versions.pop(skill, None)
        if state and version != FIRST_VERSION:
            self.versions[skill] = version

    def went_by(self, manifest: str) -> None:
        self.manifest = manifest if manifest != FIRST_VERSION else ""

    @property
    def content(self) -> str:
        """What handlers saw or changed, to compare; the rest is bookkeeping."""
        return wire.dumps([self.floor, self.muted, self.state])

    def queue_up(self, work_id: str, skill: str, due: float) -> float:
        """Park work until `due` and return when to try it: behind what is parked already."""
        if work_id not in self._parked_ids:
            self.parked.append([work_id, skill, time()])
        place = self._parked_ids.index(work_id)
        self.parked[place][2] = time()
        if place == 0:
            self.wake = due
        return max(due, self.wake + 0.05 * place)

    def go_first(self, work_id: str, skill: str) -> None:
        """Nothing else runs before this work: the activity handled now goes on elsewhere."""
        self.parked.insert(0, [work_id, skill, time()])

    def blocked_by(self, work_id: str) -> str:
        """The skill that has the work which must go before this; "" when there is none."""
        return str(self.parked[0][1]) if self.parked and self.parked[0][0] != work_id else ""

    def finish(self, work_id: str) -> None:
        self.parked = [entry for entry in self.parked if entry[0] != work_id]

    @property
    def _parked_ids(self) -> list[str]:
        return [entry[0] for entry in self.parked]

    def turns_in(self, minute: int) -> int:
        return self.turns[1] if self.turns[0] == minute else 0

    def count_turn(self) -> None:
        minute = int(time() // 60)
        self.turns = [minute, self.turns_in(minute) + 1]

    def next_outbox_id(self) -> str:
        self.sequence += 1
        return _place(self.sequence)

    def next_message_id(self) -> str:
        """Return the place in the outbox of the next message to the person."""
        self.last_message = self.next_outbox_id()
        return self.last_message

    @property
    def message_before(self) -> str | None:
        """The place of the newest message so far, "" when there was none, None when unknown."""
        return self.last_message or (None if self.sequence else "")


def _place(number: int) -> str:
    """Return the place in the outbox with a number."""
    return f"outbox:{number:012d}"


async def stored(store: Store, key: str) -> Conversation | None:
    """Return the conversation as it is stored, None when nothing is known of it."""
    item = await store.get(key, DOCUMENT)
    return Conversation.from_item(item) if item else None


async def load(store: Store, event: Event) -> Conversation:
    """The conversation an event belongs to, new when the event brings its reference.

    Raises PermanentError when there is none and the event names none.
    """
    return conversation_of(await store.get(event.conversation, DOCUMENT), event)


def conversation_of(item: Item | None, event: Event) -> Conversation:
    """As `load`, from the document that was read."""
    raw = event.data.get("reference") if event.type == ACTIVITY else None
    reference = ConversationReference.from_dict(raw) if isinstance(raw, dict) else None
    if item is not None:
        return Conversation.from_item(item, reference)
    if reference is None:
        raise PermanentError("no_conversation", "the fact belongs to no known conversation")
    return Conversation(reference)


async def rows_of(store: Store) -> Mapping[str, Row]:
    """Return the row of every conversation, by its key: for reports, never in a turn."""
    found: defaultdict[str, Row] = defaultdict(Row)
    async for item in every(store, DOCUMENT):
        if item.id == DOCUMENT:
            found[item.partition] = Row.from_dict(item.body.get("row"))
    return found
