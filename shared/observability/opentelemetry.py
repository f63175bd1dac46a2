"""Spans handed to OpenTelemetry's SDK, under the ids that our envelopes and logs have.

The worker (or whoever starts the process) sets up a tracer provider with its processors and
exporters; a span of ours joins them as one that has ended.
"""

from typing import Any

from opentelemetry import trace as api
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from shared.observability.trace import Span

_KINDS = {
    "turn": SpanKind.CONSUMER,
    "process": SpanKind.CONSUMER,
    "fact": SpanKind.CONSUMER,
    "enqueue": SpanKind.PRODUCER,
    "publish": SpanKind.PRODUCER,
    "send": SpanKind.CLIENT,
    "chat": SpanKind.CLIENT,
    "embeddings": SpanKind.CLIENT,
    "backend": SpanKind.CLIENT,
}
_SCOPE = InstrumentationScope("bot-fabric")


class OpenTelemetryExporter:
    """Looks the provider up at each span, so that it may be set up after us."""

    def __call__(self, span: Span) -> None:
        provider = api.get_tracer_provider()
        if isinstance(provider, TracerProvider):
            processor: Any = provider._active_span_processor
            processor.on_end(_readable(span, provider.resource))


def _readable(span: Span, resource: Resource) -> ReadableSpan:
    began = int(span.started * 1e9)
    parent = _context(span.trace_id, span.parent_id) if span.parent_id else None
    first = span.name.partition(" ")[0]
    return ReadableSpan(
        name=span.name,
        context=_context(span.trace_id, span.span_id),
        parent=parent,
        resource=resource,
        attributes=span.attributes,
        kind=_KINDS.get(first, SpanKind.SERVER if not span.parent_id else SpanKind.INTERNAL),
        status=Status(StatusCode.ERROR, span.error) if span.error else Status(),
        start_time=began,
        end_time=began + int(span.seconds * 1e9),
        instrumentation_scope=_SCOPE,
    )


def _context(trace_id: str, span_id: str) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=flags)
