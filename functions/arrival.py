"""What a trigger tells of a message, for the span that says how long it waited."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

from shared.observability import arrivals, trace
from shared.observability.arrivals import Arrival

PROPERTIES = ("traceparent", "Diagnostic-Id")
"""Where a sender that uses an SDK of Azure has put its trace, the newer name first."""


def arriving(
    enqueued: datetime | None, properties: Mapping[str, Any] | None = None
) -> AbstractContextManager[None]:
    """Handle a message that came so; where nobody exports, just handle it."""
    if not trace.is_exporting():
        return nullcontext()
    return arrivals.arriving(Arrival(_seconds(enqueued), position(properties or {})))


def position(properties: Mapping[str, Any]) -> str:
    """Return the traceparent among a message's application properties, "" for none."""
    return next((str(properties[name]) for name in PROPERTIES if properties.get(name)), "")


def _seconds(moment: datetime | None) -> float:
    """Unix time; what the extension sends has no zone where it is UTC."""
    if moment is None:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
