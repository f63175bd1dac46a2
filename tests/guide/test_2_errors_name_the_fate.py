"""What a handler raises decides what becomes of the message."""

from collections.abc import Callable

import pytest

from shared.errors import PermanentError, Refused, TransientError
from shared.operations.reports.books import balanced, books
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.sentences import APOLOGY


def failing(*errors: Exception) -> Skill:
    """Raises each error once, after recording a reply that must never be seen; then answers."""
    skill, left = Skill("failing", "Fails"), list(errors)

    @skill.on_message
    async def fail(turn: Turn) -> None:
        if left:
            turn.reply("not this")
            raise left.pop(0)
        turn.reply(f"at last: {turn.text}")

    return skill


async def test_transient_is_tried_again_later(lab: Callable[..., Lab]) -> None:
    fabric = lab(failing(TransientError("down", after=0.05)))
    await fabric.say("hello")
    await fabric.drain()
    assert fabric.heard() == ["at last: hello"]


async def test_later_messages_do_not_overtake_parked_work(lab: Callable[..., Lab]) -> None:
    fabric = lab(failing(TransientError("down", after=0.2), TransientError("down", after=0.2)))
    for text in ("one", "two", "three"):
        await fabric.say(text)
    await fabric.drain()
    assert fabric.heard() == ["at last: one", "at last: two", "at last: three"]


async def test_permanent_is_dead_at_the_first_attempt(lab: Callable[..., Lab]) -> None:
    fabric = lab(failing(PermanentError("no_such_account", "the CRM has no record")))
    key = await fabric.say("hello")
    await fabric.drain()
    [dead] = await fabric.items(key, "dead:")
    assert (dead.body["reason"], dead.body["attempts"]) == ("no_such_account", 1)
    assert fabric.heard() == [APOLOGY]


async def test_refused_tells_the_person(lab: Callable[..., Lab]) -> None:
    fabric = lab(failing(Refused("You are not allowed to do that.")))
    await fabric.say("hello")
    await fabric.drain()
    assert fabric.heard() == ["You are not allowed to do that."]


async def test_a_bug_is_redelivered(lab: Callable[..., Lab]) -> None:
    fabric = lab(failing(ZeroDivisionError()))
    await fabric.say("hello")
    await fabric.drain()
    assert fabric.heard() == ["at last: hello"]


@pytest.mark.parametrize(
    "error", [TransientError(after=0.01), PermanentError("x"), Refused("no"), ValueError()]
)
async def test_the_books_balance_whatever_happens(
    lab: Callable[..., Lab], error: Exception
) -> None:
    fabric = lab(failing(error))
    await fabric.say("hello")
    assert (await books(fabric))["pending"] == 1
    await fabric.drain()
    count = await books(fabric)
    assert balanced(count)
    assert count["done"] + count["dead"] == count["accepted"] == 1
