"""The offline way in place of a model: when, and that the trace says so.

Understanding and answering from articles fall back, because a person waits and the offline way
serves. Free text does not: there the turn waits for the model.
"""

from shared.errors import OverBudget, PermanentError, TransientError
from shared.observability import log

FAILURES = (TransientError, PermanentError, OverBudget)
"""What makes the offline way stand in; a refusal by the content filter is told to the person."""

OFFLINE = "no_model"
"""Reason when no model is configured: the offline way is what was chosen."""


def fell_back(operation: str, reason: Exception | str) -> None:
    """Note in the trace that the offline way stands in, and why."""
    if isinstance(reason, PermanentError):
        reason = reason.reason
    elif isinstance(reason, TransientError):
        reason = "unavailable"
    elif isinstance(reason, OverBudget):
        reason = "over_budget"
    write = log.info if reason == OFFLINE else log.warning
    write("ai.fallback", operation=operation, reason=str(reason))
