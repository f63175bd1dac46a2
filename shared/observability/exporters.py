"""Where this process' spans go, by setting; what it takes is imported only then."""

import atexit

from shared.observability import trace
from shared.settings import Settings

FILE = "traces.db"
"""In the data folder."""


def export_spans(settings: Settings) -> None:
    """Begin to hand over spans as `FABRIC_TRACES` says."""
    match settings.traces:
        case "file":
            from shared.observability.span_file import SpanFile

            file = SpanFile(settings.data_dir / FILE)
            atexit.register(file.close)
            trace.export_to(file)
        case "opentelemetry":
            from shared.observability.opentelemetry import OpenTelemetryExporter

            trace.export_to(OpenTelemetryExporter())
        case _:
            trace.export_to(None)
