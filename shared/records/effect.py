"""An effect: what a turn recorded and the world has still to see, an item of the outbox.

Whoever committed it owns it until it is `due`; then anybody may claim it, guarded by its etag.
An effect is frozen: what becomes of it is another value, and the write that stores it.
"""

from dataclasses import dataclass, replace
from time import time
from typing import Any, ClassVar, Self

from shared.activity import Activity, ConversationReference
from shared.errors import Stopped, TransientError
from shared.event import LONGEST_ERROR
from shared.ports.store import Create, Delete, Item, Put
from shared.records.conversation import REMEMBERED

REPEAT = "repeat:"
"""Prefix of the records of what may have been seen twice."""

OUTBOX = "outbox:"
"""Prefix of the ids of effects; a conversation's are numbered in the order of its turns."""

LEASE_SECONDS = 20.0
"""How long an effect belongs to the delivery of its `owner`, the event that was handled when it
was committed or claimed; the next delivery of that event may have it at once."""

_ALWAYS = ("asked", "made")
_SOMETIMES = ("failures", "first", "stopped_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What all effects have. `id` is the same each time the turn runs, `place` the item's id.

    `asked` is when the person wrote what this goes back to, in Unix time, 0 for never; `made`
    when it was committed. `tries` counts sends that may have been seen, `failures` those that
    were not, `first` is the first error: `{"at", "error"}`. `stopped_by` says what an operator
    stopped, while it waits for that.
    """

    kind: ClassVar[str]

    place: str
    id: str
    owner: str
    origin: str
    made: float
    asked: float = 0.0
    tries: int = 1
    failures: int = 0
    first: dict[str, Any] | None = None
    stopped_by: str = ""
    due: float | None = None
    etag: str = ""

    @property
    def bot(self) -> str:
        """The id of the bot whose effect this is."""
        raise NotImplementedError

    @property
    def traceparent(self) -> str:
        """Where in which trace it was committed, "" when that is not known."""
        return ""

    @property
    def earliest(self) -> float:
        """The Unix time before which it must not be done, by its own pace; 0 for none."""
        return 0.0

    def waits(self, now: float) -> bool:
        """Tell whether it waits for a known time: another try, or its slot."""
        return bool(self.failures) or self.earliest > now

    # --- transitions ---------------------------------------------------------------------------

    def claimed(self, owner: str, now: float) -> Self:
        """Return it as it belongs to `owner` for the next `LEASE_SECONDS`."""
        due = now + LEASE_SECONDS
        return replace(self, owner=owner, tries=self.tries + 1, stopped_by="", due=due)

    def released(self, now: float) -> Self:
        """Return it as it is when nobody has tried it: free for anyone, once its time comes."""
        return replace(self, owner="", tries=0, due=max(now, self.earliest))

    def failed(self, error: TransientError, now: float, delay: float) -> Self:
        """Return it as it waits for another try; one that was surely not seen does not count."""
        tries = self.tries - (0 if error.maybe_done else 1)
        by = error.by if isinstance(error, Stopped) else self.stopped_by
        return replace(
            self,
            owner="",
            tries=tries,
            failures=self.failures + 1,
            first=self.first_error(error),
            stopped_by=by,
            due=now + delay,
        )

    def refused(self, error: TransientError, now: float) -> Self:
        """Return it as it waits for a bus or topic that did not take it: due at once."""
        return replace(self, owner="", tries=0, first=self.first_error(error), due=now)

    def stopped(self, by: str, until: float) -> Self:
        """Return it as it waits until `by` is started, or until `until`."""
        return replace(self, owner="", tries=0, stopped_by=by, due=until)

    def again(self, place: str, now: float) -> Self:
        """Return it as an operator has it done again, at the end of the outbox: due at once."""
        return replace(self, place=place, made=now, failures=0, due=now, etag="")

    def first_error(self, error: TransientError) -> dict[str, Any] | None:
        """Return `{"at", "error"}` of its first failure; a stop is none, and ends the count."""
        if isinstance(error, Stopped):
            return None
        return self.first or {"at": time(), "error": str(error)[:LONGEST_ERROR]}

    # --- writes --------------------------------------------------------------------------------

    def create(self) -> Create:
        return Create(self.place, self.to_body(), due=self.due)

    def put(self) -> Put:
        """The write that keeps it as it is now, if nobody has changed it since it was read."""
        return Put(self.place, self.to_body(), etag=self.etag or None, due=self.due)

    def delete(self) -> Delete:
        """The write for one that is done, whoever has touched it since."""
        return Delete(self.place)

    def take(self) -> Delete:
        """The write that removes it, if nobody has changed it since it was read."""
        return Delete(self.place, etag=self.etag or None)

    def repeated(self) -> Put:
        """The record that it is tried again although it may have been seen before."""
        return Put(f"{REPEAT}{self.id}:{self.tries}", {"made": time()}, ttl=REMEMBERED)

    def to_body(self) -> dict[str, Any]:
        """As it is stored: without what an effect that was just committed has anyway."""
        body = {"kind": self.kind, "effect": self.id, **self._own()}
        body |= {name: getattr(self, name) for name in _ALWAYS}
        if self.origin != _work_of(self.id):
            body["origin"] = self.origin
        if self.owner != self.origin:
            body["owner"] = self.owner
        if self.tries != 1:
            body["tries"] = self.tries
        return body | {name: value for name in _SOMETIMES if (value := getattr(self, name))}

    def _own(self) -> dict[str, Any]:
        """What only this kind has."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Effect):
    """Say something in a channel, not before the Unix time of its slot.

    `working` names the event whose turn was still running when this was said of it. `refused_at`
    is when the channel said that its window is shut, whatever is known here. A message that
    waits for the person to write is `shut` until that Unix time, and `templated` when a template
    has asked them to. `behind` is the place of the message before it, "" for none, None when that
    is not known; only the process that made the effect knows, it is not stored.
    """

    kind = "send"

    reference: ConversationReference
    activity: Activity
    not_before: float
    trace: str = ""
    working: str = ""
    refused_at: float = 0.0
    shut: float = 0.0
    templated: bool = False
    behind: str | None = None

    @property
    def bot(self) -> str:
        return self.reference.bot

    @property
    def earliest(self) -> float:
        return self.not_before

    @property
    def traceparent(self) -> str:
        return self.trace

    @property
    def is_indicator(self) -> bool:
        """Tell whether it is a `typing`, a chunk of a stream included."""
        return self.activity.type == "typing"

    @property
    def is_shut(self) -> bool:
        """Tell whether it is parked for the window; no longer once its `due` has moved."""
        return self.due is not None and self.shut == self.due

    def parked(self, until: float, *, templated: bool) -> Self:
        """Return it as it waits for the person to write, looked at again at `until`."""
        return replace(
            self,
            tries=max(0, self.tries - 1),
            failures=self.failures or 1,
            shut=until,
            templated=self.templated or templated,
            due=until,
        )

    def again(self, place: str, now: float) -> Self:
        return replace(Effect.again(self, place, now), not_before=0.0)

    def _own(self) -> dict[str, Any]:
        own: dict[str, Any] = {
            "reference": self.reference.to_dict(),
            "activity": _without(self.activity, {"id": self.id, "type": "message"}),
            "trace": self.trace,
        }
        if self.not_before != self.made:
            own["not_before"] = self.not_before
        names = ("working", "refused_at", "shut", "templated")
        return own | {name: value for name in names if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue(Effect):
    """Put a command, an event as JSON, into a queue; hidden there until the Unix time `at`."""

    kind = "queue"

    queue: str
    event: dict[str, Any]
    at: float = 0.0

    @property
    def bot(self) -> str:
        return str(self.event.get("bot", ""))

    @property
    def traceparent(self) -> str:
        return str(self.event.get("traceparent", ""))

    def stopped(self, by: str, until: float) -> Self:
        return replace(self, at=0.0, owner="", tries=0, stopped_by=by, due=until)

    def again(self, place: str, now: float) -> Self:
        return replace(Effect.again(self, place, now), at=0.0)

    def _own(self) -> dict[str, Any]:
        return {"queue": self.queue, "event": self.event, "at": self.at}


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish(Effect):
    """Tell a fact, an event as JSON, to whoever hears it."""

    kind = "publish"

    event: dict[str, Any]

    @property
    def bot(self) -> str:
        return str(self.event.get("bot", ""))

    @property
    def traceparent(self) -> str:
        return str(self.event.get("traceparent", ""))

    def _own(self) -> dict[str, Any]:
        return {"event": self.event}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Effect):
    """Put on record what was read for whom the conversation is with; `entry` is of the audit."""

    kind = "audit"

    reference: ConversationReference
    entry: dict[str, Any]

    @property
    def bot(self) -> str:
        return self.reference.bot

    @property
    def denies(self) -> bool:
        return bool(self.entry["outcome"] == "denied")

    def _own(self) -> dict[str, Any]:
        return {"reference": self.reference.to_dict(), "entry": self.entry}


AnyEffect = Send | Enqueue | Publish | Record


def _work_of(effect: str) -> str:
    """Return the work whose turn an effect comes from, as its id tells it."""
    return effect.partition(".")[0]


def _without(activity: Activity, usual: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in activity.items() if usual.get(name) != value}


def effect_of(item: Item) -> AnyEffect:
    """Read one from the outbox."""
    return effect_from(item.body, place=item.id, etag=item.etag, due=item.due)


def effect_from(
    body: dict[str, Any], *, place: str, etag: str = "", due: float | None = None
) -> AnyEffect:
    """Read one as it is stored, in the outbox or in the record of its death."""
    id = str(body["effect"])
    origin = body.get("origin", _work_of(id))
    common: dict[str, Any] = {
        "place": place,
        "id": id,
        "origin": origin,
        "owner": body.get("owner", origin),
        "tries": body.get("tries", 1),
        "etag": etag,
        "due": due,
        **{name: body[name] for name in (*_ALWAYS, *_SOMETIMES) if body.get(name) is not None},
    }
    match body["kind"]:
        case "send":
            return Send(
                **common,
                reference=ConversationReference.from_dict(body["reference"]),
                activity=Activity({"type": "message", "id": id} | body["activity"]),
                not_before=float(body.get("not_before", body["made"])),
                trace=body.get("trace", ""),
                working=body.get("working", ""),
                refused_at=body.get("refused_at", 0.0),
                shut=body.get("shut", 0.0),
                templated=body.get("templated", False),
            )
        case "queue":
            return Enqueue(
                **common, queue=str(body["queue"]), event=body["event"], at=float(body["at"])
            )
        case "publish":
            return Publish(**common, event=body["event"])
        case "audit":
            reference = ConversationReference.from_dict(body["reference"])
            return Record(**common, reference=reference, entry=body["entry"])
    raise ValueError(f"no kind of effect: {body['kind']}")
