"""What a channel sends twice is accepted once, answered once, and counted once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.operations.reports.books import books
from shared.pipeline.door.accept import accept
from shared.pipeline.turns import settle
from shared.ports.channel import Inbound
from shared.ports.store import Delete
from shared.records.acceptance import noted, unfinished
from shared.records.conversation import stored
from shared.records.row import Row
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

NOON, LATER = "2026-11-29T12:00:00.000Z", "2026-11-29T12:00:05.000Z"

echo = Skill("echo", "Says it again")
DONE = {"accepted": 1, "done": 1, "parked": 0, "dead": 0, "pending": 0, "repeated": 0}


@echo.on_message
async def answer(turn: Turn) -> None:
    turn.state["turns"] = turn.state.get("turns", 0) + 1
    turn.reply(f"{turn.state['turns']}: {turn.text}")


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    lab = Lab(tmp_path, echo)
    yield lab
    await lab.close()


async def is_over(lab: Lab, inbound: Inbound) -> bool:
    """Whether nothing waits in its conversation: the next message goes straight to its skill."""
    conversation = await stored(lab.store, inbound.reference.key)
    assert conversation is not None
    return not await unfinished(lab.store, inbound.reference.key, conversation.row)


@pytest.mark.parametrize("when", ["", NOON])
async def test_a_copy_of_what_was_answered_does_not_pass_the_door(lab: Lab, when: str) -> None:
    said = lab.inbound("hello", **({"timestamp": when} if when else {}))
    await accept(lab, [said])
    await lab.drain()

    await accept(lab, [said])

    assert await lab.deliveries() == []
    assert await books(lab) == DONE


async def test_a_copy_of_what_waits_has_the_same_number(lab: Lab) -> None:
    said = lab.inbound("hello", timestamp=NOON)
    await accept(lab, [said])
    await accept(lab, [said, said])
    await lab.drain()

    assert lab.heard() == ["1: hello"]
    assert await books(lab) == DONE


async def test_a_copy_that_nobody_could_know_is_ended_by_its_turn(lab: Lab) -> None:
    """One that says that it was written later: then it gets a number, and has to lose it."""
    await accept(lab, [lab.inbound("hello", id="m", timestamp=NOON)])
    await lab.drain()
    copy = lab.inbound("hello", id="m", timestamp=LATER)

    await accept(lab, [copy])
    assert not await is_over(lab, copy)
    await lab.drain()

    assert lab.heard() == ["1: hello"]
    assert await is_over(lab, copy)
    assert await books(lab) == DONE


async def test_a_second_delivery_does_not_end_what_is_parked(lab: Lab) -> None:
    await lab.switches.stop("skill", echo.name)
    said = lab.inbound("hello", timestamp=NOON)
    await accept(lab, [said])
    [delivery] = await lab.deliveries()

    await settle.work(lab, echo, delivery.body, 1)
    await settle.work(lab, echo, delivery.body, 2)

    assert not await is_over(lab, said)
    assert (await books(lab))["parked"] == 1


async def test_what_came_while_an_earlier_one_waited_is_behind_it(lab: Lab) -> None:
    for text in ("one", "two", "three"):
        key = await lab.say(text)

    assert [note.number for note in await unfinished(lab.store, key, Row())] == [1, 2, 3]
    await lab.drain()

    assert lab.heard() == ["1: one", "2: two", "3: three"]


async def test_numbers_whose_notes_are_gone_are_in_nobodys_way(lab: Lab) -> None:
    key = await lab.say("one")
    await lab.drain()
    conversation = await stored(lab.store, key)
    assert conversation is not None
    conversation.row.open_again(1)
    note = await noted(lab.store, key, 1)
    assert note is not None
    await lab.store.write(key, Delete(note.id), conversation.to_op())

    await lab.say("two")

    conversation = await stored(lab.store, key)
    assert conversation is not None
    assert (conversation.row.last, conversation.row.open) == (1, [])
