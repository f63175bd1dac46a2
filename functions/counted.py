"""What functions use that is no turn: counted in memory, written down once a minute."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import time
from typing import TYPE_CHECKING

from shared.observability import overhead, trace

if TYPE_CHECKING:
    from shared.fabric import Fabric


def counted(function: str, *, deliveries: int = 0) -> AbstractContextManager[None]:
    """Count one execution; those of a skill are counted with its turns."""
    if function.startswith("skill_"):
        return nullcontext()
    return overhead.execution(deliveries=deliveries)


@contextmanager
def on_timer(function: str) -> Iterator[None]:
    """Run what a timer does: one execution, and a trace of its own."""
    with trace.span("", f"timer {function}"), counted(function):
        yield


def write_down(fabric: "Fabric") -> None:
    """Write what was counted, beside the work at hand, when it is time."""
    if overhead.is_due():
        from shared.governance.shared_use import write_overhead

        write_overhead(fabric.store, fabric.settings.function_memory_mb, time())
