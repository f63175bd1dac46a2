"""The span of one call of a tool; what the model, the log and the span hear when it fails."""

from contextlib import AbstractContextManager

from shared import wire
from shared.observability import conventions as names
from shared.observability import log, meter, trace
from shared.observability.trace import Span
from shared.ports.models import ToolCall


def tool_span(name: str) -> AbstractContextManager[Span | None]:
    """Note the call, and work under its span; a name that no tool has is not told."""
    meter.record_tool(name)
    about: dict[str, trace.Value] = {names.MODEL_OPERATION: "execute_tool", names.TOOL: name}
    return trace.step(f"execute_tool {name}", **about)


def failed(call: ToolCall, code: str, detail: str) -> str:
    """Note on the span of the call how it failed. Return what the model gets of it."""
    trace.tell(**{names.ERROR_TYPE: code})
    return refused(call, code, detail)


def refused(call: ToolCall, code: str, detail: str) -> str:
    """Return what the model gets of a call that was not made, or failed."""
    log.warning("ai.tool", **{names.TOOL: call.name[:64], names.ERROR_TYPE: code})
    return wire.dumps({"error": code, "detail": detail})
