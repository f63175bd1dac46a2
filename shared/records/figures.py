"""What was counted: sums alone, so that figures of turns, days and bots add up to one another."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from math import floor, log10
from typing import Any, Self

from shared.observability.meter import ModelCall
from shared.records.ledger_entry import FEEDBACK, METERED, LedgerEntry, Outcome

APART = "\t"
"""Between the parts of a counter's name."""

EXECUTIONS, GB_SECONDS = "functions.executions", "functions.gb_seconds"
REQUEST_UNITS = "cosmos.request_units"
BUS_OPERATIONS, GRID_OPERATIONS = "servicebus.operations", "eventgrid.operations"

FIXED, MONTH = "fixed.", 1_000_000_000
"""What costs so much a month whatever is used is counted in parts of the month."""

SCALES = {
    GB_SECONDS: 1_024_000,
    REQUEST_UNITS: 100,
    "speech.seconds": 1_000,
    "translator.characters": 1_000,
    "documents.pages": 1_000,
}
"""How many of what is counted make one of the meter: milliseconds times MB, hundredths,
thousandths; one where nothing is said."""

BUS_OPERATIONS_OF_A_DELIVERY = 3
"""Sent, received, settled."""

GRID_OPERATIONS_OF_A_FACT = 2
"""Published, delivered."""


@dataclass(slots=True)
class Figures:
    """Counters, by names of several parts: skill and channel of most, `took` and `answered` by
    milliseconds to three digits, `calls` by system, operation and how it went, `open_ms` of a
    system's breaker; `hours` and `away` have the hour of the day (UTC), the first with the outcome,
    the second of calls without answer.
    """

    turns: dict[str, int] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    replies: dict[str, int] = field(default_factory=dict)
    meters: dict[str, int] = field(default_factory=dict)
    hours: dict[str, int] = field(default_factory=dict)
    busy_ms: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    took: dict[str, int] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    call_ms: dict[str, int] = field(default_factory=dict)
    called: dict[str, int] = field(default_factory=dict)
    open_ms: dict[str, int] = field(default_factory=dict)
    away: dict[str, int] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        return cls(**{name: body.get(name) or {} for name in NAMES})

    def to_body(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in NAMES}
        return {name: counter for name, counter in found.items() if counter}

    def add(self, other: "Figures") -> None:
        for name in NAMES:
            if counter := getattr(other, name):
                _add(getattr(self, name), counter)

    def count(self, entry: LedgerEntry, memory_mb: int) -> None:
        """Add one entry of the ledger, which ran with so much memory."""
        if entry.done and entry.done.type == FEEDBACK:
            _add(self.noted, entry.done.noted)
            return
        place = joined(entry.skill, entry.channel)
        if entry.done and entry.done.type == METERED:
            self._services(place, entry)
            return
        milliseconds = round(entry.seconds * 1000)
        _more(self.outcomes, entry.outcome, 1)
        self._use(place, EXECUTIONS, 1)
        self._use(place, GB_SECONDS, milliseconds * memory_mb)
        self._use(place, BUS_OPERATIONS, BUS_OPERATIONS_OF_A_DELIVERY)
        self._use(place, REQUEST_UNITS, round(entry.request_units * SCALES[REQUEST_UNITS]))
        hour = f"{entry.hour:02d}"
        _more(self.hours, joined(entry.skill, hour, entry.outcome), 1)
        _more(self.busy_ms, joined(entry.skill, hour), milliseconds)
        for call in entry.model_calls:
            self._call(f"model {call.deployment}", call.operation, call.outcome, call.seconds)
            _more(self.away, joined(f"model {call.deployment}", hour), call.outcome != "ok")
            for meter, tokens in metered_tokens(call):
                self._use(place, meter, tokens)
        for one in entry.backend_calls:
            self._call(one.backend, one.operation, one.outcome, one.seconds)
            _more(self.away, joined(one.backend, hour), one.outcome == "unavailable")
            _more(self.open_ms, one.backend, round(one.open_seconds * 1000))
        self._services(place, entry)
        if entry.outcome is Outcome.DONE and (done := entry.done):
            _more(self.turns, place, 1)
            _more(self.messages, place, done.is_message and not done.handed_to)
            _more(self.replies, place, done.replies)
            _more(self.took, bucket(entry.seconds), 1)
            if done.is_message and done.replies:
                _more(self.answered, bucket(done.waited + entry.seconds), 1)
            if done.language:
                _more(self.languages, done.language, 1)
            _add(self.noted, done.noted)
            self._use(place, GRID_OPERATIONS, done.facts * GRID_OPERATIONS_OF_A_FACT)

    def _services(self, place: str, entry: LedgerEntry) -> None:
        for service in entry.service_calls:
            scaled = round(service.amount * scale_of(service.meter))
            self._use(place, service.meter, scaled)

    def _use(self, place: str, meter: str, quantity: int) -> None:
        if quantity:
            _more(self.meters, joined(place, meter), quantity)

    def _call(self, name: str, operation: str, outcome: str, seconds: float) -> None:
        _more(self.calls, joined(name, operation, outcome), 1)
        _more(self.call_ms, joined(name, operation), round(seconds * 1000))
        _more(self.called, joined(name, operation, bucket(seconds)), 1)


def _add(counter: dict[str, int], more: Mapping[str, int]) -> None:
    if not counter:
        counter.update(more)
        return
    for name, number in more.items():
        counter[name] = counter.get(name, 0) + number


def _more(counter: dict[str, int], name: str, number: int) -> None:
    if number:
        counter[name] = counter.get(name, 0) + number


NAMES = tuple(one.name for one in fields(Figures))


def joined(*parts: str) -> str:
    return APART.join(parts)


def parts(name: str) -> list[str]:
    return name.split(APART)


def bucket(seconds: float) -> str:
    """Milliseconds to three digits, which is to what percentiles are known."""
    milliseconds = round(max(0.0, seconds) * 1000)
    if milliseconds < 1000:
        return str(milliseconds)
    step: int = 10 ** (floor(log10(milliseconds)) - 2)
    return str(round(milliseconds / step) * step)


def percentile(buckets: Iterable[tuple[str, int]], share: float) -> float:
    """Return the nearest-rank percentile in seconds, 0.0 of none; `share` is in (0, 1]."""
    ordered = sorted((int(name), number) for name, number in buckets)
    left = share * sum(number for _, number in ordered)
    for milliseconds, number in ordered:
        left -= number
        if left <= 1e-9:
            return milliseconds / 1000
    return 0.0


def quantity(meter: str, counted: int) -> Decimal:
    """How many of the meter's unit."""
    return Decimal(counted) / scale_of(meter)


def scale_of(meter: str) -> int:
    return MONTH if meter.startswith(FIXED) else SCALES.get(meter, 1)


def metered_tokens(call: ModelCall) -> Iterator[tuple[str, int]]:
    """Cached tokens are among the input, and cost less."""
    usage, name = call.usage, f"tokens.{call.deployment}"
    fresh = usage.input_tokens - usage.cached_tokens
    kinds = {"input": fresh, "cached": usage.cached_tokens, "output": usage.output_tokens}
    yield from ((f"{name}.{kind}", tokens) for kind, tokens in kinds.items() if tokens)
