"""A deed that waits for a second person: what it is, who asked, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from shared import wire
from shared.activity import ConversationReference
from shared.event import Event, event_id
from shared.ports.store import FOR_EVER, Create, Item, Put

PREFIX = "approval:"
"""Begins its id in the partition of its conversation; its `due` is when nobody may decide."""

KEPT_SECONDS = 30 * 86_400
"""How long it is kept from when it was decided, or would have expired."""

APPROVED = "approved"
"""In an activity's event: the id of the approval by which it is handled again."""

CLOSED = "approval.closed"
"""Type of the event by which a person hears that nothing was done; `data.state` says why."""


class State(StrEnum):
    """Only what is waiting can be decided."""

    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Deed:
    """`name` of a tool or of what a skill names so, with its `arguments`; `title` is for people.

    `said` is what a model and its tools said in this turn before the call, that call included.
    """

    name: str
    arguments: Mapping[str, Any]
    title: str = ""
    said: Sequence[Mapping[str, Any]] = field(default=(), repr=False)

    def is_same(self, other: "Deed") -> bool:
        """Whether the other is this very deed, to the last argument."""
        return self.digest == other.digest

    @property
    def digest(self) -> str:
        return event_id(self.name, wire.dumps(_ordered(self.arguments)))


@dataclass(frozen=True, slots=True)
class Approval:
    """`asker` is the object id of who asked, `user` what the channel calls them, `name` their name.

    Times are Unix times; `until` is when it expires. `event` is handled again once it is approved.
    `by` is who decided, `reason` what they said about it.
    """

    id: str
    bot: str
    skill: str
    deed: Deed
    asker: str
    user: str
    name: str
    since: float
    until: float
    event: Mapping[str, Any] = field(repr=False)
    state: State = State.WAITING
    by: str = ""
    reason: str = ""
    decided: float = 0.0

    @classmethod
    def of(cls, item: Item) -> Self:
        body = dict(item.body)
        deed, state = Deed(**body.pop("deed")), State(body.pop("state"))
        return cls(**body, deed=deed, state=state)

    @property
    def reference(self) -> ConversationReference:
        """Where it was asked for."""
        return ConversationReference.from_dict(self.event["data"]["reference"])

    def is_asked_by(self, who: str) -> bool:
        """Whether `who` is the person that asked, by any name that is known of them."""
        return who.casefold() in {self.asker.casefold(), self.user.casefold()} - {""}

    def decide(self, state: State, by: str, reason: str, now: float) -> Self:
        return replace(self, state=state, by=by, reason=reason, decided=now)

    def next_event(self) -> Event:
        """What follows on the decision, the same however often it is made."""
        asked = Event.from_dict(dict(self.event))
        hops, work = asked.hops + 1, asked.work_id
        again = replace(asked, hops=hops, attempt=0, failed="")
        if self.state is State.APPROVED:
            return replace(again, id=f"{work}.ok", data={**asked.data, APPROVED: self.id})
        data = {"state": self.state, "title": self.deed.title, "reason": self.reason}
        return replace(again, id=f"{work}.no", type=CLOSED, data=data)

    def to_op(self, *, etag: str | None = None, held: bool = False) -> Create | Put:
        """The write that stores it; for ever while a legal hold keeps what is of the person."""
        body, now = asdict(self), self.decided or self.since
        waits = self.state is State.WAITING
        due = self.until if waits else None
        ttl = FOR_EVER if held else int(self.until - now) * waits + KEPT_SECONDS
        id = f"{PREFIX}{self.id}"
        if waits:
            return Create(id, body, due=due, ttl=ttl)
        return Put(id, body, etag=etag, due=due, ttl=ttl)


def _ordered(value: Any) -> Any:
    """The same JSON value, whatever the order of its members."""
    match value:
        case Mapping():
            return {key: _ordered(value[key]) for key in sorted(value)}
        case list() | tuple():
            return [_ordered(one) for one in value]
    return value
