"""The kill switch: stop or start a bot or a skill."""

import asyncio

from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.governance.audit import Operator
from shared.governance.limits import switches
from shared.operations.deeds.record import on_record
from shared.operations.reports.switches import kinds
from shared.pipeline.outbox import relay

SETTLED = 0.2
"""Seconds that a turn takes at most to be parked once it was found to be stopped."""


async def switch(fabric: Fabric, who: Operator, action: str, kind: str, name: str) -> bool:
    """`stop` or `start` a bot or a skill; whether it was the other way before.

    What waits for a start goes on. Raises PermanentError for a name
    that `kinds` does not know as one.
    """
    if kind not in await kinds(fabric, name):
        raise PermanentError(f"no_such_{kind}", name)
    before = (kind, name) in await fabric.switches.read()
    turn = fabric.switches.stop if action == "stop" else fabric.switches.start
    await on_record(fabric, who, action, {kind: name}, lambda: turn(kind, name))
    if action == "start":
        await asyncio.sleep(switches.FRESH + SETTLED)
        await relay.let_go(fabric, f"{kind} {name}")
    return before != (action == "stop")
