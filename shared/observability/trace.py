"""One trace over every hop, by W3C Trace Context.

The envelope carries `traceparent`; `span` makes the next hop's, `step` a part of one. Ids stand in
every log line, so the log alone tells the story of a message; where an exporter is set, each span
that ends is handed to it. Names and attributes hold ids, counts and names of ours, never what
people said: see `conventions`.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import getrandbits
from time import monotonic, time

from shared.observability.failure import HandlerFailed
from shared.observability.redacted import hidden, redacted

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")

Value = str | int | float | bool


@dataclass(slots=True)
class Span:
    """`started` in Unix time, `seconds` how long it took, `error` the name of what it raised."""

    trace_id: str
    span_id: str
    parent_id: str = ""
    name: str = ""
    started: float = 0.0
    seconds: float = 0.0
    error: str = ""
    attributes: dict[str, Value] = field(default_factory=dict)

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01"


Exporter = Callable[[Span], None]

_current: ContextVar[Span | None] = ContextVar("span", default=None)
_exporter: Exporter | None = None


def export_to(exporter: Exporter | None) -> None:
    """Hand every span that ends to `exporter`, which must not block; None ends that."""
    global _exporter  # noqa: PLW0603 -- one for the process, like the log's handlers
    _exporter = exporter


def current() -> Span | None:
    return _current.get()


def traceparent() -> str:
    """The current position as a header value, or "" outside of any span."""
    span = _current.get()
    return span.traceparent if span else ""


@contextmanager
def span(parent: str = "", name: str = "", /, **attributes: Value) -> Iterator[Span]:
    """Work under a new span, child of the `parent` traceparent, else root of a new trace."""
    match = _TRACEPARENT.fullmatch(parent)
    trace_id, parent_id = (match[1], match[2]) if match else (f"{getrandbits(128):032x}", "")
    with _open(Span(trace_id, _span_id(), parent_id, name, attributes=attributes)) as inner:
        yield inner


@contextmanager
def step(name: str, /, **attributes: Value) -> Iterator[Span | None]:
    """Work under a child of the current span; where nobody exports, just work."""
    outer = _current.get()
    if outer is None or _exporter is None:
        yield outer
        return
    inner = Span(outer.trace_id, _span_id(), outer.span_id, name, attributes=attributes)
    with _open(inner):
        yield inner


def record(name: str, seconds: float, *, error: str = "", **attributes: Value) -> None:
    """Tell of a step that has just ended after so many seconds."""
    outer = _current.get()
    if outer is not None and _exporter is not None:
        began = time() - seconds
        ids = (outer.trace_id, _span_id(), outer.span_id)
        _export(_exporter, Span(*ids, name, began, seconds, error, attributes))


@contextmanager
def _open(span: Span) -> Iterator[Span]:
    token = _current.set(span)
    span.started, began = time(), monotonic()
    try:
        yield span
    except BaseException as error:
        span.error = str(error) if isinstance(error, HandlerFailed) else type(error).__name__
        raise
    finally:
        _current.reset(token)
        if _exporter is not None and span.name:
            span.seconds = monotonic() - began
            _export(_exporter, span)


def _export(exporter: Exporter, span: Span) -> None:
    """Hand a span over, without the identifiers of people that slipped into it."""
    span.name, span.error = hidden(span.name), hidden(span.error)
    span.attributes = redacted(span.attributes)
    exporter(span)


def _span_id() -> str:
    return f"{getrandbits(64):016x}"
