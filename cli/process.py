"""The process of the local host: its event loop, and when it collects garbage."""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on the faster loop where there is one."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(main)


def started() -> None:
    """Have the collector look no more at what the start has made beside the app: that stays too."""
    gc.collect()
    gc.freeze()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not for Windows, nor for every Python
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
