"""What the broker does at a time to come."""

import asyncio
from collections.abc import Callable
from typing import TypeVarTuple

from stand_ins.servicebus.message import now_ms

_Args = TypeVarTuple("_Args")

MARGIN_SECONDS = 0.002
"""Times are whole milliseconds: who is called is never called before its own."""


def later(due_ms: int, callback: Callable[[*_Args], None], *args: *_Args) -> None:
    """Call back at a time of `now_ms`, or soon after."""
    delay = max(0.0, (due_ms - now_ms()) / 1000) + MARGIN_SECONDS
    asyncio.get_running_loop().call_later(delay, callback, *args)
