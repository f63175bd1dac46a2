"""The process of the local host: its event loop, and when it collects garbage."""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

YOUNG_OBJECTS = 10_000
"""New objects after which those that only each other hold are looked for. A turn leaves none, and
Python's own 700 come and go with every few messages."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on the faster loop where there is one."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(main)


def started() -> None:
    """Have the collector look no more at what the start has made: all of that stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not for Windows, nor for every Python
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
