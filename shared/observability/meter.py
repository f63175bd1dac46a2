"""What one unit of work uses: calls of models, backends and services, request units
of the store.

Adapters record, whoever runs the work takes the sum and writes it to the ledger.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from time import monotonic

from shared.ports.models import Usage


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request to a model, answered or not.

    `alias` is what the bot asked for, `deployment` what was called, `model` what answered.
    `operation` is the GenAI convention's name: `chat`, `embeddings`. `outcome` is `ok`,
    `aborted` (the reader left the stream), or the error's short code. `seconds` is how long it
    took.
    """

    alias: str
    deployment: str
    operation: str
    usage: Usage
    model: str = ""
    finish: str = ""
    outcome: str = "ok"
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BackendCall:
    """One call of a system of the organisation, retries in place included.

    `outcome` is `ok`, `declined` (it said no), `unavailable` or `cancelled`; `seconds` is how
    long the caller waited, `open_seconds` how long the breaker of this process was open since the
    call before.
    """

    backend: str
    operation: str
    outcome: str
    seconds: float
    tries: int
    open_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """One call of a service that listens, translates or reads scans.

    `meter` names service and unit, as prices do: `speech.seconds`; `amount` is what it bills.
    `outcome` is `ok`, `declined`, `unavailable` or `cancelled`; `seconds` is how long the caller
    waited.
    """

    meter: str
    amount: float
    outcome: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Offered:
    """How much of a meter stands in an entry that may be committed now."""

    calls: int = 0
    backend_calls: int = 0
    request_units: float = 0.0
    service_calls: int = 0


@dataclass
class Meter:
    """The readings of one unit of work: what is not booked yet, and the sums of all.

    `bot`, its `department`, the skill's `version` that it runs and that of the bot's `manifest`
    are "" until they are known; `tools` are the names of those that a model called in the run of
    the handler at hand.
    `began` is when it did, on the clock that never steps.
    """

    calls: list[ModelCall] = field(default_factory=list)
    backend_calls: list[BackendCall] = field(default_factory=list)
    service_calls: list[ServiceCall] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    request_units: float = 0.0
    offered: Offered = Offered()
    total_units: float = 0.0
    total_tokens: int = 0
    bot: str = ""
    department: str = ""
    began: float = field(default_factory=monotonic)
    version: str = ""
    manifest: str = ""

    @property
    def seconds(self) -> float:
        """How long it has gone on."""
        return round(monotonic() - self.began, 3)


_current: ContextVar[Meter | None] = ContextVar("meter", default=None)
_watched: ContextVar[list[ModelCall] | None] = ContextVar("watched", default=None)


class metering(AbstractContextManager[Meter]):
    """Collect what is recorded inside."""

    __slots__ = ("_token",)

    def __enter__(self) -> Meter:
        meter = Meter()
        self._token: Token[Meter | None] = _current.set(meter)
        return meter

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


@contextmanager
def watching() -> Iterator[list[ModelCall]]:
    """Collect the calls of models that are made inside, beside the meter.

    A stream that its reader leaves may end in another context, where there is nothing to reset.
    """
    calls: list[ModelCall] = []
    token = _watched.set(calls)
    try:
        yield calls
    finally:
        with suppress(ValueError):
            _watched.reset(token)


def current() -> Meter:
    """The meter of the work at hand; a new one that nobody reads outside of any."""
    return _current.get() or Meter()


def charge(request_units: float) -> None:
    """Add what the store charged for one request."""
    if meter := _current.get():
        meter.request_units += request_units
        meter.total_units += request_units


def record(call: ModelCall) -> None:
    if (calls := _watched.get()) is not None:
        calls.append(call)
    if meter := _current.get():
        meter.calls.append(call)
        meter.total_tokens += call.usage.input_tokens + call.usage.output_tokens


def record_tool(name: str) -> None:
    if meter := _current.get():
        meter.tools.append(name)


def record_backend(call: BackendCall) -> None:
    if meter := _current.get():
        meter.backend_calls.append(call)


def record_service(call: ServiceCall) -> None:
    if meter := _current.get():
        meter.service_calls.append(call)
