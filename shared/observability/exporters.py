"""Where this process' spans go, by setting; what it takes is imported only then."""

import atexit

from shared.observability import trace
from shared.settings import Settings

FOLDER = "traces"
"""In the data folder."""


def export_spans(settings: Settings) -> None:
    """Begin to hand over spans as `FABRIC_TRACES` says."""
    match settings.traces:
        case "file":
            from shared.observability.span_files import SpanFiles

            files = SpanFiles(settings.data_dir / FOLDER)
            atexit.register(files.close)
            trace.export_to(files)
        case "opentelemetry":
            from shared.observability.opentelemetry import (
                OpenTelemetryContext,
                OpenTelemetryExporter,
            )

            trace.export_to(OpenTelemetryExporter(), OpenTelemetryContext())
        case _:
            trace.export_to(None)
