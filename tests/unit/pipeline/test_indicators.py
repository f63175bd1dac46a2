"""A `typing` has one try and never holds back what is said after it."""

import asyncio
from collections.abc import Callable

import pytest

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.errors import PermanentError, TransientError, Unavailable
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab, MemoryChannel


class NoTyping(MemoryChannel):
    """Takes messages; what it does with a `typing` is `verdict`, None for no answer at all."""

    verdict: BaseException | None = None
    tries = 0

    async def send(self, bot: Bot, reference: ConversationReference, activity: Activity) -> str:
        if activity.type != "typing":
            return await super().send(bot, reference, activity)
        self.tries += 1
        if self.verdict is None:
            await asyncio.Event().wait()
        else:
            raise self.verdict
        raise AssertionError


def chunks() -> Skill:
    skill = Skill("chunks", "Sends signs, then a message")

    @skill.on_message
    async def hear(turn: Turn) -> None:
        for n in range(3):
            turn.send(Activity(type="typing", text=f"chunk {n}"))
        turn.reply("answer")
        turn.send(Activity(type="typing"))

    return skill


@pytest.mark.parametrize(
    "verdict",
    [
        None,
        Unavailable("down"),
        TransientError("throttled", after=3600),
        PermanentError("ContentStreamNotAllowed"),
        ValueError("a bug"),
    ],
    ids=["no answer", "down", "throttled", "refused", "bug"],
)
async def test_a_typing_that_is_not_taken_holds_nothing_back(
    lab: Callable[..., Lab], verdict: BaseException | None
) -> None:
    fabric = lab(chunks())
    fabric.memory = channel = NoTyping()
    channel.verdict = verdict

    key = await fabric.say("go")
    await fabric.drain()

    assert fabric.heard() == ["answer"]
    assert channel.tries == 1, "one try, and none for the others"
    assert await fabric.items(key, "outbox:") == []
    assert await fabric.items(key, "dead:") == []


async def test_signs_that_are_taken_come_in_order(lab: Callable[..., Lab]) -> None:
    fabric = lab(chunks())

    await fabric.say("go")
    await fabric.drain()

    assert fabric.heard() == ["chunk 0", "chunk 1", "chunk 2", "answer", ""]


async def test_a_sign_behind_a_message_that_waits_is_not_shown(lab: Callable[..., Lab]) -> None:
    fabric = lab(chunks())
    key = await fabric.say("go")
    fabric.memory.failures = [Unavailable("down"), Unavailable("down", after=0.1)]

    await fabric.drain()

    assert fabric.heard() == ["answer"]
    assert await fabric.items(key, "outbox:") == []


async def test_signs_take_no_place_of_a_message(lab: Callable[..., Lab]) -> None:
    fabric = lab(chunks())
    fabric.memory.limits = ((1, 600.0),)

    await fabric.say("go")
    await fabric.drain(until=lambda: "answer" in fabric.heard())
