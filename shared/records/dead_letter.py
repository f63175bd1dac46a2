"""A dead letter: what nobody tries again, with its reason, kept for an operator."""

from dataclasses import dataclass, replace
from time import time
from typing import Any, Self

from shared.event import Event, event_id
from shared.ports.store import Delete, Item, Put
from shared.records.conversation import DEAD_KEPT
from shared.records.effect import Effect, effect_from

PREFIX = "dead:"

EVENT, BODY = "event", "body"
"""Kinds of letters; the others are those of effects: send, queue, publish."""

UNREADABLE = "unreadable"
"""The partition of dead messages that belong to no conversation."""

MOST_BODY = 65_536
"""Characters that are kept of a body that was no event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One of an event that a skill could not handle, of an effect, or of a body that was no event.

    `id` names it within its conversation, `at` is the Unix time of death, `queue` where it was
    on its way to. `attempts` counts deliveries of an event; `first` is its first error,
    `{"at", "error"}`. `discarded` is when an operator dismissed it, 0 for never.
    """

    id: str
    kind: str
    reason: str
    at: float
    detail: str = ""
    queue: str = ""
    origin: str = ""
    attempts: int = 0
    first: dict[str, Any] | None = None
    event: dict[str, Any] | None = None
    trace: str = ""
    body: str = ""
    effect: Effect | None = None
    discarded: float = 0.0
    partition: str = ""
    etag: str = ""

    @classmethod
    def of_effect(cls, effect: Effect, reason: str, detail: str) -> Self:
        return cls(
            id=effect.id,
            kind=effect.kind,
            reason=reason,
            detail=detail,
            at=time(),
            origin=effect.origin,
            effect=effect,
        )

    @classmethod
    def of_body(cls, body: str, reason: str, detail: str, queue: str) -> Self:
        return cls(
            id=event_id(body),
            kind=BODY,
            reason=reason,
            detail=detail,
            at=time(),
            queue=queue,
            body=body[:MOST_BODY],
        )

    @classmethod
    def from_item(cls, item: Item) -> Self:
        body = item.body
        own = ("kind", "reason", "at", "detail", "queue", "origin", "first", "event", "trace")
        values: dict[str, Any] = {name: body[name] for name in own if body.get(name) is not None}
        effect = None
        if body["kind"] not in (EVENT, BODY):
            effect = effect_from(body, place="")
            values["origin"] = effect.origin
        return cls(
            **values,
            id=item.id.removeprefix(PREFIX),
            attempts=int(body.get("attempts", 0)),
            body=str(body.get("body", "")),
            effect=effect,
            discarded=float(body.get("discarded", 0.0)),
            partition=item.partition,
            etag=item.etag,
        )

    @property
    def bot(self) -> str:
        return self.effect.bot if self.effect else str((self.event or {}).get("bot", ""))

    @property
    def began(self) -> float | None:
        """When the chain began that ended here, in Unix time; None when that is not known."""
        if self.event:
            return Event.from_dict(self.event).began()
        return self.effect.made if self.effect else None

    @property
    def traceparent(self) -> str:
        """Where in which trace it died, "" when that is not known."""
        if self.effect is not None:
            return self.effect.traceparent
        return self.trace or str((self.event or {}).get("traceparent", ""))

    def dismissed(self) -> Self:
        """Return it as it is when an operator wants to see it no more."""
        return replace(self, discarded=time())

    def put(self) -> Put:
        """The write that keeps it; of one that is dismissed, without what was said."""
        body = _wordless(self.to_body()) if self.discarded else self.to_body()
        return Put(f"{PREFIX}{self.id}", body, etag=self.etag or None, ttl=DEAD_KEPT)

    def delete(self) -> Delete:
        return Delete(f"{PREFIX}{self.id}")

    def take(self) -> Delete:
        """The write that removes it, if nobody has changed it since it was read."""
        return Delete(f"{PREFIX}{self.id}", etag=self.etag)

    def to_body(self) -> dict[str, Any]:
        """As it is stored."""
        end = {"reason": self.reason, "detail": self.detail, "at": self.at}
        if self.discarded:
            end["discarded"] = self.discarded
        if self.effect is not None:
            return self.effect.to_body() | end
        start = {"kind": self.kind, "queue": self.queue}
        if self.kind == BODY:
            return start | end | {"body": self.body}
        of_event = {
            "origin": self.origin,
            "attempts": self.attempts,
            "first": self.first,
            "event": self.event,
            "trace": self.trace,
        }
        return start | end | of_event


def _wordless(stored: dict[str, Any]) -> dict[str, Any]:
    """Leave out what people and bots said: of an event its data, of a send all but its type."""
    kept = dict(stored)
    if kept.get("event"):
        kept["event"] = {**kept["event"], "data": {}}
    if "activity" in kept:
        kept["activity"] = {k: v for k, v in kept["activity"].items() if k == "type"}
    if "body" in kept:
        kept["body"] = ""
    return kept
