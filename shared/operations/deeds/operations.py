"""What operators do, each deed on record: move dead letters, turn the kill switch."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from shared.errors import FabricError, PermanentError, TransientError
from shared.fabric import Fabric
from shared.governance import audit
from shared.governance.audit import Operator
from shared.governance.limits import switches
from shared.governance.limits.switches import KINDS
from shared.observability import log
from shared.operations.deeds import dead_letter_desk as desk
from shared.operations.deeds.dead_letter_desk import Letter
from shared.pipeline.outbox import relay

SETTLED = 0.2
"""Seconds that a turn takes at most to be parked once it was found to be stopped."""


@dataclass(slots=True)
class Moved:
    """`failed` says by id why a letter stays; `down` is set when something did not answer."""

    done: list[Letter] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    down: TransientError | None = None


async def move(fabric: Fabric, who: Operator, action: str, letters: Sequence[Letter]) -> Moved:
    """`redrive` or `discard` these, in their order.

    What follows in the conversation of one that could not go just now stays behind it.
    """
    deed = desk.redrive if action == "redrive" else desk.discard
    moved, held = Moved(), set[str]()
    for letter in letters:
        if letter.conversation in held:
            moved.failed[letter.id] = "an earlier one of its conversation did not go"
            continue
        target = {
            "letter": letter.id,
            "conversation": letter.conversation,
            "bot": letter.bot,
            "queue": letter.queue,
            "reason": letter.reason,
        }
        try:
            await on_record(fabric, who, action, target, partial(deed, fabric, letter))
        except FabricError as error:
            moved.failed[letter.id] = str(error)
            if isinstance(error, TransientError):
                moved.down = error
                held.add(letter.conversation)
        else:
            moved.done.append(letter)
    return moved


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


async def kinds(fabric: Fabric, name: str) -> list[str]:
    """What a name can be to the kill switch: a bot or a skill that is there, or stopped still.

    Raises Unavailable.
    """
    known = {"bot": fabric.bots, "skill": fabric.skills}
    stopped = await fabric.switches.read()
    return [kind for kind in KINDS if name in known[kind] or (kind, name) in stopped]


async def stopped(fabric: Fabric) -> list[dict[str, Any]]:
    """What is stopped, as the store says now: kind, name, since. Raises Unavailable."""
    return [
        {"kind": kind, "name": name, "since": datetime.fromtimestamp(at, UTC).isoformat()}
        for (kind, name), at in (await fabric.switches.read()).items()
    ]


async def on_record(
    fabric: Fabric,
    who: Operator,
    action: str,
    target: Mapping[str, str],
    deed: Callable[[], Awaitable[object]],
) -> None:
    """Do it, with an audit entry before and one after; what cannot be recorded is not done."""
    number = await audit.record(fabric.store, who, action, target, audit.BEGUN)

    async def close(outcome: str) -> None:
        try:
            await audit.record(fabric.store, who, action, target, outcome, of=number)
        except TransientError as error:
            log.error("audit.unfinished", number=number, outcome=outcome, reason=str(error))

    try:
        await deed()
    except FabricError as error:
        await close(f"failed: {error}")
        raise
    await close(audit.DONE)
