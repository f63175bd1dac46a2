"""One trace over every hop, by W3C Trace Context.

The envelope carries `traceparent`; `span` makes the next hop's. Ids stand in every log line,
so the log alone tells the story of a message.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from random import getrandbits

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Span:
    trace_id: str
    span_id: str

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01"


_current: ContextVar[Span | None] = ContextVar("span", default=None)


def current() -> Span | None:
    return _current.get()


def traceparent() -> str:
    """The current position as a header value, or "" outside of any span."""
    span = _current.get()
    return span.traceparent if span else ""


@contextmanager
def span(parent: str = "") -> Iterator[Span]:
    """Work under a new span, child of the `parent` traceparent, else root of a new trace."""
    match = _TRACEPARENT.fullmatch(parent)
    inner = Span(match[1] if match else f"{getrandbits(128):032x}", f"{getrandbits(64):016x}")
    token = _current.set(inner)
    try:
        yield inner
    finally:
        _current.reset(token)
