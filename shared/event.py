"""The one envelope on every queue and topic: CloudEvents 1.0 attributes and a few extensions.

Source: CloudEvents 1.0 JSON format, and its distributed tracing extension (`traceparent`).
"""

import hashlib
import json
import re
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from typing import Any, Self

from shared import wire
from shared.parse import storable

ACTIVITY = "fabric.activity"
"""Event type of an inbound activity on its way to a skill: data `{"activity", "reference"}`."""

WAKE = "fabric.wake"
"""Event type of a wake-up for a conversation's outbox; it carries nothing."""

MAX_HOPS = 16
MAX_ROUNDS = 3
"""Times that one step may stand in the way of a chain; once more and it goes in circles."""

LONGEST_ERROR = 300
"""Characters of an error that travel with the work."""

_LONG_NUMBER = re.compile(r"[0-9][0-9]{18}")  # a first character apart is searched for faster
_CLAIM = re.compile(r"claim-[0-9a-f]{32}\.json")
_HELD = re.compile(r".*:\d+\.(\d+)", re.DOTALL)
_OPTIONAL = (
    *("subject", "bot", "conversation", "origin", "cause", "traceparent", "time", "dataref"),
    *("path", "failed", "as_of", "scope"),
)


def event_id(*parts: str) -> str:
    """A stable id from its parts: 32 characters `[0-9a-f]`."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def utc_now() -> str:
    """The time as RFC 3339, UTC."""
    return datetime.now(UTC).isoformat()


@dataclass(frozen=True, slots=True)
class Event:
    """One command or fact.

    `conversation` is the `ConversationReference.key` it belongs to and the session it travels
    in; empty for facts of the outside world. `origin` is the id of the inbound activity that
    started the chain (correlation id), `cause` the id of the event whose handling made this
    one. `attempt` counts retries of the same work from 0, `hops` the skills passed; `time` is
    when the chain began. `dataref` names the blob that holds the whole event when it was too
    large to travel (CloudEvents' extension for the claim check pattern); `data` is then empty.
    `path` is the chain's way so far: `router>tickets!ticket.created`. `failed` is when and why
    this work failed first: `<RFC 3339> <error>`. `number` is the place of the activity among
    those that were accepted in its conversation, 0 when the door had no store to give it one.
    `as_of` is the etag of the conversation's document when the door saw nothing unfinished in it.
    `scope` names the other bots that may hear a fact: ids with spaces between, or `*`.
    """

    id: str
    type: str
    data: dict[str, Any] = field(default_factory=dict)
    source: str = "/bot-fabric"
    subject: str = ""
    bot: str = ""
    conversation: str = ""
    origin: str = ""
    cause: str = ""
    traceparent: str = ""
    attempt: int = 0
    hops: int = 0
    time: str = ""
    dataref: str = ""
    path: str = ""
    failed: str = ""
    number: int = 0
    as_of: str = ""
    scope: str = ""

    @property
    def work_id(self) -> str:
        """The same for every attempt at the same work: the id without its `:step:attempt`."""
        return self.id.split(":", 1)[0]

    @property
    def message_id(self) -> str:
        """By this a broker knows a copy. What was let in twice is none: both numbers are closed."""
        first = self.number and self.type == ACTIVITY and self.id == self.origin
        return f"{self.id}.n{self.number}" if first else self.id

    def reaches(self, bot: str) -> bool:
        """Whether conversations of a bot may hear it; what is from outside is for all."""
        scope = self.scope.split()
        return self.bot in ("", bot) or bot in scope or "*" in scope

    @property
    def is_ticket(self) -> bool:
        """Whether this stands for an event that waits whole in a blob of ours."""
        return _CLAIM.fullmatch(self.dataref) is not None

    def fails_for(self) -> float:
        """Seconds since this work failed first, or was sent again by an operator; 0 for never."""
        first = self.first_error()
        since = max(first["at"], self.began()) if first else inf
        return max(0.0, datetime.now(UTC).timestamp() - since)

    def began(self) -> float:
        """Unix time at which the chain began, now when it is unknown."""
        try:
            return round(datetime.fromisoformat(self.time).timestamp(), 3)
        except ValueError:
            return datetime.now(UTC).timestamp()

    def written(self) -> float:
        """Unix time of its activity by the channel's clock, the same in each copy; 0 for none."""
        activity = self.data.get("activity")
        with suppress(KeyError, TypeError, ValueError):
            return datetime.fromisoformat((activity or {})["timestamp"]).timestamp()
        return 0.0

    def asked(self) -> float:
        """Unix time at which the person wrote what this goes back to, 0 for a fact.

        Meta may deliver a message hours later, so what it says of the time counts; `asked` in
        the data is from before somebody sent a dead letter again.
        """
        if self.type != ACTIVITY:
            return 0.0
        times = [self.began(), float(self.data.get("asked") or inf)]
        reference = self.data.get("reference")
        if isinstance(reference, dict) and reference.get("channel") == "whatsapp":
            times.append(self.written() or inf)
        return round(min(times), 3)

    def retry(self, step: str, error: str = "") -> Self:
        """The next attempt, with the id `{event}:{step}:{attempt}` that no broker has seen.

        It remembers the first `error` of all attempts; "" when nothing has failed.
        """
        attempt = self.attempt + 1
        failed = self.failed or (f"{utc_now()} {error[:LONGEST_ERROR]}" if error else "")
        return replace(self, id=f"{self.work_id}:{step}:{attempt}", attempt=attempt, failed=failed)

    def first_error(self) -> dict[str, Any] | None:
        """`{"at", "error"}` of the first attempt that failed, `at` in Unix time."""
        when, _, error = self.failed.partition(" ")
        with suppress(ValueError):
            return {"at": datetime.fromisoformat(when).timestamp(), "error": error}
        return None

    def held(self, step: str) -> Self:
        """The same attempt later: `{event}:{step}:{attempt}.{number}`, new to every broker."""
        before = _HELD.fullmatch(self.id)
        number = int(before[1]) + 1 if before else 1
        return replace(self, id=f"{self.work_id}:{step}:{self.attempt}.{number}")

    def under(self, traceparent: str) -> Self:
        """The same, sent from that position of a trace; "" changes nothing."""
        if traceparent in ("", self.traceparent):
            return self
        return replace(self, traceparent=traceparent)

    def to_json(self) -> str:
        return wire.dumps(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The envelope as CloudEvents JSON."""
        body: dict[str, Any] = {
            "specversion": "1.0",
            "id": self.id,
            "type": self.type,
            "source": self.source,
            "time": self.time or utc_now(),
            "datacontenttype": "application/json",
            "data": self.data,
            "attempt": self.attempt,
            "hops": self.hops,
        }
        if self.subject:
            body["subject"] = self.subject
        if self.traceparent:
            body["traceparent"] = self.traceparent
        for extension in (
            "bot",
            "conversation",
            "origin",
            "cause",
            "dataref",
            "path",
            "failed",
            "as_of",
            "scope",
        ):
            if value := getattr(self, extension):
                body[extension] = value
        if self.number:
            body["number"] = self.number
        return body

    @classmethod
    def from_json(cls, body: str | bytes) -> Self:
        """Read an envelope, ours or any CloudEvent 1.0.

        Raises ValueError when the body is not a CloudEvent in JSON.
        """
        return cls.from_dict(_parsed(body))

    @classmethod
    def read(cls, body: str | bytes) -> Self | None:
        """As `from_json`, or None when the body is no event."""
        try:
            return cls.from_json(body)
        except ValueError:
            return None

    @classmethod
    def from_dict(cls, raw: Any) -> Self:
        """An event from a parsed CloudEvent; raises ValueError when it is not one."""
        if not isinstance(raw, dict) or raw.get("specversion") != "1.0":
            raise ValueError("not a CloudEvent 1.0")
        data = _binary(raw) if "data_base64" in raw else raw.get("data")
        values: dict[str, Any] = {"data": data if isinstance(data, dict) else {"value": data}}
        for name in ("id", "type", "source"):
            if not isinstance(raw.get(name), str) or not raw[name]:
                raise ValueError(f"a CloudEvent needs {name}")
            values[name] = raw[name]
        for name in _OPTIONAL:
            if isinstance(raw.get(name), str):
                values[name] = raw[name]
        for name in ("attempt", "hops", "number"):
            if isinstance(raw.get(name), int):
                values[name] = raw[name]
        return cls(**values)


def _parsed(body: str | bytes) -> Any:
    """The JSON of an envelope; integers over 64 bits, which others changed to floats, as text."""
    text = body.decode() if isinstance(body, bytes) else body
    if not _LONG_NUMBER.search(text):
        return wire.loads(text)
    try:
        return storable(json.loads(text, parse_constant=_refuse))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _binary(raw: dict[str, Any]) -> Any:
    """What `data_base64` holds (CloudEvents JSON format 3.1.1): JSON, else text, else itself."""
    encoded = raw["data_base64"]
    if not isinstance(encoded, str) or "data" in raw:
        raise ValueError("a CloudEvent has data or data_base64, and that is text")
    content = b64decode(encoded, validate=True)
    media_type = str(raw.get("datacontenttype") or "application/json")
    media_type = media_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith(("+json", "/json")):
        return _parsed(content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": encoded}
