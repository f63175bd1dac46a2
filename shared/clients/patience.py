"""How long a call that failed waits in place before it is tried again."""

from random import uniform
from typing import TYPE_CHECKING

from shared.errors import TransientError

if TYPE_CHECKING:
    from tenacity import RetryCallState


def pause(state: "RetryCallState") -> float:
    """As long as the service asks for, but a little more each time."""
    error = state.outcome.exception() if state.outcome else None
    after = error.after if isinstance(error, TransientError) else None
    backoff = min(8.0, 0.5 * 2.0**state.attempt_number)
    return max(after or 0.0, uniform(0.5, 1.0) * backoff)
