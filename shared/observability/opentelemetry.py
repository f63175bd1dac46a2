"""Spans handed to OpenTelemetry's SDK, under the ids that our envelopes and logs have.

The worker (or whoever starts the process) sets up a tracer provider with its processors and
exporters; a span of ours joins them as one that has ended. What the worker has attached for an
invocation is the parent of our first span, or linked to it where our trace began elsewhere; while
a span of ours is open, it is the parent of those that libraries make.
"""

from typing import Any

from opentelemetry import context
from opentelemetry import trace as api
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace import TraceFlags as Flags
from opentelemetry.util.types import Attributes, AttributeValue

from shared.observability import conventions as names
from shared.observability.trace import Span

_KINDS = {
    "receive": SpanKind.CONSUMER,
    "turn": SpanKind.CONSUMER,
    "process": SpanKind.CONSUMER,
    "fact": SpanKind.CONSUMER,
    "enqueue": SpanKind.PRODUCER,
    "publish": SpanKind.PRODUCER,
    "send": SpanKind.CLIENT,
    "chat": SpanKind.CLIENT,
    "embeddings": SpanKind.CLIENT,
    "backend": SpanKind.CLIENT,
    "timer": SpanKind.INTERNAL,
    "redrive": SpanKind.INTERNAL,
}
_SCOPE = InstrumentationScope("bot-fabric")


class OpenTelemetryExporter:
    """Looks the provider up at each span, so that it may be set up after us.

    Its sampler decides by the id of the trace, so a trace is there whole or not at all, and may
    add the rate that counts are to be multiplied by.
    """

    def __call__(self, span: Span) -> None:
        provider = api.get_tracer_provider()
        if not isinstance(provider, TracerProvider):
            return
        sampled = provider.sampler.should_sample(None, int(span.trace_id, 16), span.name)
        if sampled.decision is Decision.RECORD_AND_SAMPLE:
            processor: Any = provider._active_span_processor
            processor.on_end(_readable(span, provider.resource, sampled.attributes))


class OpenTelemetryContext:
    """The context of OpenTelemetry's API: what the worker has attached, and our spans in it."""

    def position(self) -> str:
        attached = api.get_current_span().get_span_context()
        if not attached.is_valid:
            return ""
        return f"00-{attached.trace_id:032x}-{attached.span_id:016x}-{attached.trace_flags:02x}"

    def enter(self, span: Span) -> Any:
        ours = NonRecordingSpan(_context(span.trace_id, span.span_id))
        return context.attach(api.set_span_in_context(ours))

    def leave(self, entered: Any) -> None:
        context.detach(entered)


def _readable(span: Span, resource: Resource, sampling: Attributes) -> ReadableSpan:
    began = int(span.started * 1e9)
    attributes: dict[str, AttributeValue] = {**span.attributes, **(sampling or {})}
    if span.error:
        attributes.setdefault(names.ERROR_TYPE, span.error)
    usual = SpanKind.SERVER if names.STATUS in attributes else SpanKind.INTERNAL
    return ReadableSpan(
        name=span.name,
        context=_context(span.trace_id, span.span_id),
        parent=_context(span.trace_id, span.parent_id) if span.parent_id else None,
        resource=resource,
        attributes=attributes,
        links=[Link(_context(link[3:35], link[36:52])) for link in span.links],
        kind=_KINDS.get(span.name.partition(" ")[0], usual),
        status=Status(StatusCode.ERROR, span.error) if span.error else Status(),
        start_time=began,
        end_time=began + int(span.seconds * 1e9),
        instrumentation_scope=_SCOPE,
    )


def _context(trace_id: str, span_id: str) -> SpanContext:
    flags = Flags(Flags.SAMPLED)
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=flags)
