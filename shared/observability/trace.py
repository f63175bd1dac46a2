"""One trace over every hop, by W3C Trace Context.

The envelope carries `traceparent`; `span` makes the next hop's, `step` a part of one, `resumed`
what was left for later. Ids stand in every log line, so the log alone tells the story of a message;
where an exporter is set, each span that ends is handed to it. Names and attributes hold ids, counts
and names of ours, never what people said: see `conventions`.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from random import getrandbits
from time import monotonic, time
from types import TracebackType

from shared.observability import arrivals
from shared.observability.failure import HandlerFailed
from shared.observability.redacted import hidden, redacted
from shared.observability.surroundings import Surroundings

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")

Value = str | int | float | bool


@dataclass(slots=True)
class Span:
    """`started` in Unix time, `seconds` how long it took, `error` the name of what it raised.

    `links` are positions in other traces, or elsewhere in this one, that have to do with it.
    """

    trace_id: str
    span_id: str
    parent_id: str = ""
    name: str = ""
    started: float = 0.0
    seconds: float = 0.0
    error: str = ""
    attributes: dict[str, Value] = field(default_factory=dict)
    links: Sequence[str] = ()

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01"


Exporter = Callable[[Span], None]


_current: ContextVar[Span | None] = ContextVar("span", default=None)
_exporter: Exporter | None = None
_surroundings: Surroundings | None = None


def export_to(exporter: Exporter | None, surroundings: Surroundings | None = None) -> None:
    """Hand every span that ends to `exporter`, which must not block; None ends that."""
    global _exporter, _surroundings
    _exporter, _surroundings = exporter, surroundings


def is_exporting() -> bool:
    """Tell whether anybody takes what ends; else nobody needs to be told anything."""
    return _exporter is not None


def current() -> Span | None:
    return _current.get()


def traceparent() -> str:
    """The current position as a header value, or "" outside of any span."""
    span = _current.get()
    return span.traceparent if span else ""


def position_for(own: str) -> str:
    """Return the current position if it is in the trace of `own`, or that is ""; else `own`."""
    span = _current.get()
    return span.traceparent if span and (not own or own[3:35] == span.trace_id) else own


def span(parent: str = "", name: str = "", /, **attributes: Value) -> AbstractContextManager[Span]:
    """Work under a new span, child of the `parent` traceparent, else root of a new trace.

    Within another span of that trace, which is then nearer, it is a child of that; a span of
    another trace is linked. The same goes for the position that the host has attached.
    """
    return _Work(_made(parent, name, attributes))


def step(name: str, /, **attributes: Value) -> AbstractContextManager[Span | None]:
    """Work under a child of the current span; where nobody exports, just work."""
    outer = _current.get()
    if outer is None or _exporter is None:
        return _HERE
    return _Work(Span(outer.trace_id, _span_id(), outer.span_id, name, attributes=attributes))


def resumed(parent: str, name: str, /, **attributes: Value) -> AbstractContextManager[Span | None]:
    """Go on with what was left at the `parent` traceparent: a step of that trace, see `span`."""
    if _exporter is None:
        return _HERE
    return span(parent, name, **attributes)


def received(parent: str, name: str, /, **attributes: Value) -> AbstractContextManager[Span | None]:
    """Work below a span that tells how long what `parent` has sent waited, and ends here."""
    if _exporter is None:
        return _HERE
    arrival = arrivals.current()
    span = _made(parent or arrival.position, name, attributes)
    now = time()
    span.started = min(now, arrival.since or now)
    span.seconds = now - span.started
    return _Received(span)


def record(name: str, seconds: float, *, error: str = "", **attributes: Value) -> None:
    """Tell of a step that has just ended after so many seconds."""
    outer = _current.get()
    if outer is not None and _exporter is not None:
        began = time() - seconds
        ids = (outer.trace_id, _span_id(), outer.span_id)
        _export(_exporter, Span(*ids, name, began, seconds, error, attributes))


def tell(**attributes: Value) -> None:
    """Add to what the current span says; where nobody exports, nothing happens."""
    if _exporter is not None and (span := _current.get()):
        span.attributes.update(attributes)


def link(*positions: str) -> None:
    """Have the current span point at others, such as those of messages that it takes along."""
    span = _current.get()
    if (
        _exporter is not None
        and span
        and (known := tuple(filter(_TRACEPARENT.fullmatch, positions)))
    ):
        span.links = (*span.links, *known)


class _Work(AbstractContextManager[Span]):
    """What is done under a span of its own."""

    __slots__ = ("_began", "_entered", "_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Span:
        span = self._span
        self._token: Token[Span | None] = _current.set(span)
        self._entered = _surroundings.enter(span) if _surroundings else None
        span.started, self._began = time(), monotonic()
        return span

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        span = self._span
        if error is not None:
            span.error = str(error) if isinstance(error, HandlerFailed) else type(error).__name__
        _current.reset(self._token)
        if _surroundings and self._entered is not None:
            _surroundings.leave(self._entered)
        if _exporter is not None and span.name:
            span.seconds = monotonic() - self._began
            _export(_exporter, span)


class _Received(AbstractContextManager[Span]):
    """What is done with something that has waited until now."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Span:
        self._token = _current.set(self._span)
        if _exporter is not None:
            _export(_exporter, self._span)
        return self._span

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


class _Here(AbstractContextManager[Span | None]):
    """Work under the span that there is."""

    __slots__ = ()

    def __enter__(self) -> Span | None:
        return _current.get()

    def __exit__(self, *_: object) -> None:
        return None


_HERE = _Here()


def _made(parent: str, name: str, attributes: dict[str, Value]) -> Span:
    """Return a span of the trace of `parent`, as near to where this is done as there is one."""
    match = _TRACEPARENT.fullmatch(parent)
    trace_id, parent_id = (match[1], match[2]) if match else ("", "")
    links: tuple[str, ...] = ()
    if near := _nearest():
        if trace_id in ("", near.trace_id):
            trace_id, parent_id = near.trace_id, near.span_id
        else:
            links = (near.traceparent,)
    if not trace_id:
        trace_id = f"{getrandbits(128):032x}"
    return Span(trace_id, _span_id(), parent_id, name, attributes=attributes, links=links)


def _nearest() -> Span | None:
    """The span that this is done within, else the position that the host has attached."""
    if (outer := _current.get()) or _surroundings is None:
        return outer
    match = _TRACEPARENT.fullmatch(_surroundings.position())
    return Span(match[1], match[2]) if match else None


def _export(exporter: Exporter, span: Span) -> None:
    """Hand a span over, without the identifiers of people that slipped into it."""
    span.name = hidden(span.name)
    if span.error:
        span.error = hidden(span.error)
    span.attributes = redacted(span.attributes)
    exporter(span)


def _span_id() -> str:
    return f"{getrandbits(64):016x}"
