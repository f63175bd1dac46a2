"""Whose activity it is: the platform's, another skill's, or the handler's, which is called."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from shared.activity import FILE_CONSENT
from shared.dialogue.addressee import addressee
from shared.errors import NotDeclared, TransientError
from shared.event import ACTIVITY
from shared.fabric import Fabric
from shared.pipeline.turns import approving, readable, signing_in
from shared.pipeline.turns.still_working import still_working
from shared.pipeline.turns.suspicious import tell_if_suspicious, tell_of_what_is_read
from shared.pipeline.turns.turn_of import asker_of
from shared.pipeline.turns.typing_indicator import somebody_waits, typing
from shared.pipeline.turns.voice import hear
from shared.records.conversation import Conversation
from shared.skill import Handler
from shared.turn import Turn

R = TypeVar("R")

TURN_SECONDS = 240.0
"""Time a handler has: less than the host renews the message's lock for (host.json)."""


async def run(
    fabric: Fabric, turn: Turn, conversation: Conversation, *, direct: bool
) -> dict[str, Any] | None:
    """Call the handler, or hand the activity on when it is another skill's.

    Returns the body of an `invoke`. A lane may have brought the activity to this queue only
    for the sake of order, so its addressee is looked up again.
    """
    activity, skill = turn.activity, turn.skill
    tell_of_what_is_read(turn)
    if await _took(fabric, turn, conversation):
        return None
    handler: Handler | None
    if turn.event.type != ACTIVITY:
        handler = skill.events.get(turn.event.type)
    elif activity.type == "invoke" and await _took_consent(fabric, turn):
        return None
    elif activity.type == "invoke":
        return await _called(fabric, turn, skill.invokes[activity.name])
    else:
        if turn.event.hops == 0 and not direct:
            target = addressee(turn.bot, activity, turn.skills, turn.floor, muted=turn.muted)
            if target != skill.name:
                turn.handed_to = target
                return None
        handler = skill.message if activity.is_message else skill.activities.get(activity.type)
    if handler is None:
        return None
    await _in_time(fabric, turn, conversation, handler, direct=direct)
    return None


async def _in_time(
    fabric: Fabric, turn: Turn, conversation: Conversation, handler: Handler, *, direct: bool
) -> None:
    """Call a handler, show that it works, and stop it when it takes too long."""
    try:
        async with asyncio.timeout(TURN_SECONDS) as limit:
            if somebody_waits(turn, shown=not direct):
                async with typing(fabric, turn), still_working(fabric, turn):
                    await _heard(fabric, turn, conversation, handler, direct=direct)
            else:
                await _heard(fabric, turn, conversation, handler, direct=direct)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TransientError(f"skill {turn.skill.name} took over {TURN_SECONDS:.0f} s") from error


async def _heard(
    fabric: Fabric, turn: Turn, conversation: Conversation, handler: Handler, *, direct: bool
) -> None:
    """Call a handler with what the person said, spoken or written, once it was looked at."""
    if not direct:
        await hear(turn, conversation)
    if turn.activity.is_message and turn.event.hops == 0:
        tell_if_suspicious(turn)
    await _called(fabric, turn, handler)


async def _called(fabric: Fabric, turn: Turn, handler: Callable[[Turn], Awaitable[R]]) -> R:
    """Call a handler; that it called a skill which the bot does not list goes on record."""
    try:
        return await handler(turn)
    except NotDeclared as error:
        asker = asker_of(fabric, turn.bot, turn.skill, turn.reference)
        await asker.denied_skill(error.skill)
        raise


async def _took(fabric: Fabric, turn: Turn, conversation: Conversation) -> bool:
    """Whether it was about the platform's own, and is dealt with."""
    return (
        await signing_in.took(fabric, turn, conversation)
        or await readable.took(turn)
        or await approving.took(fabric, turn)
    )


async def _took_consent(fabric: Fabric, turn: Turn) -> bool:
    """Whether it answers a file that was offered; what deals with that is met only then."""
    if turn.activity.name != FILE_CONSENT or FILE_CONSENT in turn.skill.invokes:
        return False
    from shared.pipeline.turns.consent import took

    return await took(fabric, turn)
