"""An acceptance: the note of one activity that was let in, for the books and for the order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Self

from shared.event import Event
from shared.ports.store import Create, Item, Put, Store
from shared.records.conversation import REMEMBERED

PREFIX = "accepted:"

OVERDUE_SECONDS = 600.0
"""After this long an accepted activity that is not finished is late."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a plain text said, who said it, and the channel's id for it."""

    text: str
    sender: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """`origin` is the id of the activity's first event, `at` the Unix time when it came in.

    It is open while something is due, and finished for ever once nothing is. It waits in the
    queue of `skill`, not before the Unix time `not_before`; `kept` when the bus could not take
    it, `parked` when it waits for another try, and `why`. `words` are there while a turn may take
    it along; `along` names the activity that it was taken along with. `refused` says why it was
    not taken.
    """

    origin: str
    skill: str
    at: float
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
    def of(cls, event: Event, skill: str) -> Self:
        """Return the note of what waits for `skill` as `event`."""
        return cls(origin=event.origin, skill=skill, at=event.began())

    @classmethod
    def from_item(cls, item: Item) -> Self:
        body, said = item.body, item.body.get("said")
        return cls(
            origin=item.id.removeprefix(PREFIX),
            skill=str(body["skill"]),
            at=body["at"],
            due=item.due,
            not_before=float(body.get("not_before", 0.0)),
            kept=bool(body.get("kept")),
            parked=bool(body.get("parked")),
            why=str(body.get("why", "")),
            words=Words(str(said["text"]), said["sender"], str(said["id"])) if said else None,
            along=str(body.get("with", "")),
            refused=str(body.get("refused", "")),
            etag=item.etag,
        )

    @property
    def id(self) -> str:
        return note_id(self.origin)

    @property
    def is_open(self) -> bool:
        return self.due is not None

    @property
    def place(self) -> tuple[float, str]:
        """Where it stands in the order of its conversation."""
        return self.at, self.id

    def open_until(self, due: float) -> Self:
        """Return it as it is unfinished, and late after `due`."""
        return replace(self, due=due)

    def finished_with(self, leader: str, skill: str = "") -> Self:
        """Return it as it is when the turn of another activity, `leader`, has taken it along."""
        return type(self)(origin=self.origin, skill=skill or self.skill, at=self.at, along=leader)

    def create(self) -> Create:
        return Create(self.id, self.to_body(), due=self.due, ttl=REMEMBERED)

    def put(self) -> Put:
        """The write that keeps it; guarded by the etag it was read with, if it was."""
        return Put(self.id, self.to_body(), etag=self.etag or None, due=self.due, ttl=REMEMBERED)

    def to_body(self) -> dict[str, Any]:
        """As it is stored."""
        body: dict[str, Any] = {"skill": self.skill, "at": self.at}
        if self.words:
            said = {"text": self.words.text, "sender": self.words.sender, "id": self.words.id}
            body["said"] = said
        more = {
            "kept": self.kept,
            "not_before": self.not_before,
            "parked": self.parked,
            "why": self.why,
            "with": self.along,
            "refused": self.refused,
        }
        return body | {name: value for name, value in more.items() if value}


def note_id(origin: str) -> str:
    """Return the id of the note, from the id of the activity's first event."""
    return f"{PREFIX}{origin}"


async def noted(store: Store, key: str, origin: str) -> Acceptance | None:
    """Return the note of an activity, None when there is none."""
    item = await store.get(key, note_id(origin))
    return Acceptance.from_item(item) if item else None


async def unfinished(store: Store, key: str, *, limit: int = 1000) -> Sequence[Acceptance]:
    """Return the notes of a conversation that are open, those first that are late first."""
    found = await store.find(key, PREFIX, due_by=inf, limit=limit)
    return [Acceptance.from_item(item) for item in found]
