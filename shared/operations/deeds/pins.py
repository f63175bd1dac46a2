"""Accept what a server says of its tools now: on record, for a person has looked at it."""

from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.governance.audit import Operator
from shared.integrations.mcp_pins import Pins
from shared.operations.deeds.record import on_record


async def accept(fabric: Fabric, who: Operator, backend: str) -> list[str]:
    """Hold the tools of a backend to what they are now; return which had changed.

    Raises PermanentError for a backend that no process has found changed.
    """
    pins = Pins(lambda: fabric.store)
    accepted: list[str] = []

    async def deed() -> None:
        accepted.extend(await pins.accept(backend))

    if not (changed := sorted((await pins.of(backend)).changed)):
        raise PermanentError("nothing_changed", f"no tool of {backend} has changed")
    target = {"backend": backend, "tools": ", ".join(changed)}
    await on_record(fabric, who, "tools.accept", target, deed)
    return accepted
