"""An acceptance: the note of one activity that was let in, for the books and for the order.

It is written once, and again only where the activity's way is not the usual one; whether it is
finished stands in its conversation's `Row`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from shared.event import ACTIVITY, Event
from shared.ports.store import Create, Item, Put, Store
from shared.records.conversation import REMEMBERED
from shared.records.row import Row

PREFIX = "accepted:"

NUMBERED = f"{PREFIX}n"
"""Prefix of the notes of what waits in a row; a conversation's are in the order of the row."""

OVERDUE_SECONDS = 600.0
"""After this long an accepted activity that is not finished is late."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a plain text said, who said it, the channel's id for it, and where it came in."""

    text: str
    sender: str
    id: str
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """`origin` is the id of the activity's first event, `at` the Unix time when it came in.

    With a `number` it is open as long as its conversation's row says so; without one, as long as
    something is due. It waits in the queue of `skill`, not before the Unix time `not_before`;
    `kept` when the bus could not take it, `parked` when it waits for another try, and `why`.
    `words` are there if a turn may take it along; `along` names the activity that it was taken
    along with. `refused` says why it was not taken.
    """

    origin: str
    skill: str
    at: float
    number: int = 0
    due: float | None = None
    not_before: float = 0.0
    kept: bool = False
    parked: bool = False
    why: str = ""
    words: Words | None = None
    along: str = ""
    refused: str = ""
    etag: str = ""

    @classmethod
    def of(
        cls, event: Event, skill: str, *, words: Words | None = None, not_before: float = 0.0
    ) -> Self:
        """Return the note of what waits for `skill` as `event`; late some time after it may go."""
        return cls(
            origin=event.origin,
            skill=skill,
            at=event.began(),
            number=event.number,
            due=not_before + OVERDUE_SECONDS if not_before else None,
            not_before=not_before,
            words=words,
        )

    @classmethod
    def from_item(cls, item: Item) -> Self:
        body, said = item.body, item.body.get("said")
        number = int(item.id.removeprefix(NUMBERED)) if item.id.startswith(NUMBERED) else 0
        return cls(
            origin=str(body["origin"]) if number else item.id.removeprefix(PREFIX),
            skill=str(body["skill"]),
            at=body["at"],
            number=number,
            due=item.due,
            not_before=float(body.get("not_before", 0.0)),
            kept=bool(body.get("kept")),
            parked=bool(body.get("parked")),
            why=str(body.get("why", "")),
            words=_words(said) if said else None,
            along=str(body.get("with", "")),
            refused=str(body.get("refused", "")),
            etag=item.etag,
        )

    @property
    def id(self) -> str:
        return _note_id(self.number) if self.number else f"{PREFIX}{self.origin}"

    def is_open(self, row: Row) -> bool:
        """Tell whether it is unfinished, by its conversation's row."""
        return row.is_open(self.number) if self.number else self.due is not None

    @property
    def place(self) -> tuple[float, str]:
        """Where it stands in the order of its conversation."""
        return self.at, self.id

    def open_until(self, due: float) -> Self:
        """Return it as it is unfinished, and late after `due`."""
        return replace(self, due=due)

    def finished_with(self, leader: str, skill: str = "") -> Self:
        """Return it as it is when the turn of another activity, `leader`, has taken it along."""
        return type(self)(
            origin=self.origin,
            skill=skill or self.skill,
            at=self.at,
            number=self.number,
            along=leader,
        )

    def create(self) -> Create:
        return Create(self.id, self.to_body(), due=self.due, ttl=REMEMBERED)

    def put(self) -> Put:
        """The write that keeps it; guarded by the etag it was read with, if it was."""
        return Put(self.id, self.to_body(), etag=self.etag or None, due=self.due, ttl=REMEMBERED)

    def to_body(self) -> dict[str, Any]:
        """As it is stored."""
        body: dict[str, Any] = {"skill": self.skill, "at": self.at}
        if self.number:
            body["origin"] = self.origin
        if self.words:
            body["said"] = {name: value for name, value in asdict(self.words).items() if value}
        more = {
            "kept": self.kept,
            "not_before": self.not_before,
            "parked": self.parked,
            "why": self.why,
            "with": self.along,
            "refused": self.refused,
        }
        return body | {name: value for name, value in more.items() if value}


def _words(said: dict[str, Any]) -> Words:
    return Words(
        str(said.get("text", "")),
        said.get("sender", ""),
        str(said.get("id", "")),
        str(said.get("trace", "")),
    )


def _note_id(number: int) -> str:
    return f"{NUMBERED}{number:09d}"


async def noted(store: Store, key: str, number: int) -> Acceptance | None:
    """Return the note with a number, None when there is none."""
    item = await store.get(key, _note_id(number))
    return Acceptance.from_item(item) if item else None


async def unfinished(
    store: Store, key: str, row: Row, *, limit: int = 1000
) -> Sequence[Acceptance]:
    """Return the notes of a conversation that are open, in their order.

    Those before the row's last one are few, and looked up each; the others come behind it.
    """
    before = await asyncio.gather(*(noted(store, key, number) for number in sorted(row.open)))
    behind = await store.find(key, NUMBERED, after=_note_id(row.last), limit=limit)
    return [note for note in before if note] + [Acceptance.from_item(item) for item in behind]


async def numbered(store: Store, event: Event, row: Row) -> Event:
    """Return the first event of an activity with its number; as it is when nothing is noted.

    The door notes what it took while the store did not answer later than it enqueues it. What
    follows on an event without a number has none, whatever was noted since.
    """
    if event.number or event.type != ACTIVITY or event.id != event.origin:
        return event
    notes = await unfinished(store, event.conversation, row)
    number = next((note.number for note in notes if note.origin == event.origin), 0)
    return replace(event, number=number)
