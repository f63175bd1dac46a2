"""Spans as a test looks at them: the paths from the root down, and what an exporter took."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.observability import trace
from shared.observability.span_files import every_span
from shared.observability.trace import Span


@contextmanager
def exported() -> Iterator[list[Span]]:
    """Collect every span that ends inside."""
    spans: list[Span] = []
    trace.export_to(spans.append)
    try:
        yield spans
    finally:
        trace.export_to(None)


def paths(spans: Iterable[Span]) -> list[str]:
    """Each span as the names from its root down to it, in the order they began."""
    ordered = sorted(spans, key=lambda span: span.started)
    by_id = {span.span_id: span for span in ordered}

    def path(span: Span) -> str:
        above = by_id.get(span.parent_id)
        return f"{path(above)} / {span.name}" if above else span.name

    return [path(span) for span in ordered]


def traces_in(folder: Path) -> list[list[Span]]:
    """The traces that are written in a folder, the first first, each in the order of its spans."""
    found: dict[str, list[Span]] = {}
    for span in sorted(every_span(folder), key=lambda span: span.started):
        found.setdefault(span.trace_id, []).append(span)
    return list(found.values())
