"""An entry of the ledger: what one delivery used, and what the turn did that it committed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from shared.migration import FIRST_VERSION
from shared.observability.meter import BackendCall, ModelCall, ServiceCall
from shared.ports.models import Usage
from shared.ports.store import Item, Put

PREFIX = "ledger:"

FEEDBACK = "feedback"
"""As the type of what was done: a vote on an answer, which is no turn."""

METERED = "metered"
"""As that type: what was used outside of any turn, in `service_calls` alone."""

KEPT_SECONDS = 400 * 86_400
"""More than a year, for yearly reports."""


class Outcome(StrEnum):
    """What came of a delivery."""

    DONE = "done"
    PARKED = "parked"
    FAILED = "failed"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The committed turn. `waited` runs from the person's message to its begin, in seconds.

    `noted` are the counts that the skill and its forms kept; `facts` how many were emitted.
    """

    type: str
    person: str = ""
    replies: int = 0
    facts: int = 0
    waited: float = 0.0
    handed_to: str = ""
    language: str = ""
    noted: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_message(self) -> bool:
        return self.type == "message"


_USUAL = Done(type="")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """Of one turn, or of one delivery that ended without. `at` is when it began, in Unix time.

    `seconds` is how long it ran. It is due, at `at`, until the daily figures have it.
    """

    id: str
    bot: str
    skill: str
    at: float
    seconds: float = 0.0
    request_units: float = 0.0
    model_calls: Sequence[ModelCall] = ()
    backend_calls: Sequence[BackendCall] = ()
    service_calls: Sequence[ServiceCall] = ()
    version: str = FIRST_VERSION
    manifest: str = FIRST_VERSION
    outcome: Outcome = Outcome.DONE
    done: Done | None = None
    partition: str = ""
    etag: str = ""
    due: float | None = None

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls.from_body(item, item.id, item.body)

    @classmethod
    def from_body(cls, item: Item, id: str, body: Mapping[str, Any]) -> Self:
        """Return the entry of this id and body that an item holds."""
        done = body.get("done")
        return cls(
            id=id,
            bot=str(body["bot"]),
            skill=str(body["skill"]),
            at=float(body["at"]),
            seconds=float(body.get("seconds", 0.0)),
            request_units=float(body["request_units"]),
            model_calls=[_model_call(call) for call in body["calls"]],
            backend_calls=[BackendCall(**call) for call in body.get("backends", ())],
            service_calls=[ServiceCall(**call) for call in body.get("services", ())],
            version=str(body.get("version", FIRST_VERSION)),
            manifest=str(body.get("manifest", FIRST_VERSION)),
            outcome=Outcome(body.get("outcome", Outcome.DONE)),
            done=Done(**done) if done else None,
            partition=item.partition,
            etag=item.etag,
            due=item.due,
        )

    @property
    def channel(self) -> str:
        """That of its conversation, "" when it belongs to none."""
        return self.partition.rsplit(".", 2)[1] if self.partition.count(".") > 1 else ""

    @property
    def day(self) -> str:
        return datetime.fromtimestamp(self.at, UTC).date().isoformat()

    @property
    def hour(self) -> int:
        return datetime.fromtimestamp(self.at, UTC).hour

    @property
    def event(self) -> str:
        """The id of the event whose turn it is of."""
        return self.id.removeprefix(PREFIX)

    def put(self) -> Put:
        """The write that makes it: to be counted."""
        return Put(self.id, self.to_body(), due=self.at, ttl=KEPT_SECONDS)

    def counted(self, now: float) -> Put:
        """The write that takes it off the list of what is to be counted; its life stays."""
        left = max(60, round(KEPT_SECONDS - max(0.0, now - self.at)))
        return Put(self.id, self.to_body(), etag=self.etag or None, ttl=left)

    def to_body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "bot": self.bot,
            "skill": self.skill,
            **({"version": self.version} if self.version != FIRST_VERSION else {}),
            **({"manifest": self.manifest} if self.manifest != FIRST_VERSION else {}),
            "at": self.at,
            "seconds": self.seconds,
            "request_units": round(self.request_units, 2),
            "calls": [_call(call) for call in self.model_calls],
            "backends": [_backend_call(call) for call in self.backend_calls],
        }
        if self.service_calls:
            body["services"] = [_service_call(call) for call in self.service_calls]
        if self.outcome is not Outcome.DONE:
            body["outcome"] = self.outcome
        if self.done:
            values = {name: getattr(self.done, name) for name in Done.__slots__}
            body["done"] = {
                n: v for n, v in values.items() if v != getattr(_USUAL, n) or n == "waited"
            }
        return body


def entry_id(event: str) -> str:
    """Return the id of the entry of an event's turn."""
    return f"{PREFIX}{event}"


def _call(call: ModelCall) -> dict[str, Any]:
    return {
        "alias": call.alias,
        "deployment": call.deployment,
        "model": call.model,
        "operation": call.operation,
        "outcome": call.outcome,
        "input_tokens": call.usage.input_tokens,
        "output_tokens": call.usage.output_tokens,
        "cached_tokens": call.usage.cached_tokens,
        "reasoning_tokens": call.usage.reasoning_tokens,
        "seconds": round(call.seconds, 3),
    }


def _model_call(call: dict[str, Any]) -> ModelCall:
    return ModelCall(
        alias=call["alias"],
        deployment=call["deployment"],
        operation=call["operation"],
        model=call["model"],
        outcome=call["outcome"],
        seconds=call["seconds"],
        usage=Usage(
            call["input_tokens"],
            call["output_tokens"],
            call["cached_tokens"],
            call["reasoning_tokens"],
        ),
    )


def _backend_call(call: BackendCall) -> dict[str, Any]:
    return {
        "backend": call.backend,
        "operation": call.operation,
        "outcome": call.outcome,
        "seconds": round(call.seconds, 3),
        "tries": call.tries,
        **({"open_seconds": round(call.open_seconds, 3)} if call.open_seconds else {}),
    }


def _service_call(call: ServiceCall) -> dict[str, Any]:
    return {
        "meter": call.meter,
        "amount": round(call.amount, 3),
        "outcome": call.outcome,
        "seconds": round(call.seconds, 3),
    }
