"""Where people leave a form, and what they asked without an answer: the truth, step by step."""

from collections.abc import Callable

import pytest

from shared.governance.rollup import roll_up
from shared.operations.reports.funnel import Step, funnels
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.operations.reports.unanswered import heaps, unanswered
from shared.operations.reports.usage import usage
from shared.records.figures import joined
from shared.records.seen import transcripts
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.unit.dialogue.rooms import Chat, rooms

EVER, ALL = Period(), Scope()


@pytest.mark.parametrize("rolled", [False, True])
async def test_a_funnel_says_at_which_slot_people_left(
    lab: Callable[..., Lab], *, rolled: bool
) -> None:
    fabric = lab(rooms())
    done, cancelled, left = (Chat(fabric, "web", who) for who in ("ann", "ben", "cid"))
    await done.say("/rooms Aspen next Friday from 9 to 10 for 6 people")
    for answer in ("no address", "ann@contoso.example, CC-1001", "Quarterly", "skip", "yes"):
        await done.say(answer)
    await cancelled.say("/rooms")
    await cancelled.say("cancel")
    await left.say("/rooms")
    await left.say("Birch")

    if rolled:
        await roll_up(fabric.store, fabric.bots, 2048)
    [row] = (await usage(fabric, ALL, EVER)).bots

    [funnel] = row.forms
    assert (funnel.form, funnel.begun, funnel.completed, funnel.cancelled) == ("booking", 3, 1, 1)
    assert {step.slot: step for step in funnel.steps} == {
        "room": Step("room", 2, 1, 1, 1),
        "day": Step("day", 1, 0, 1, 0),
        "contact": Step("contact", 1, 1, 0, 0),
        "title": Step("title", 1, 1, 0, 0),
        "agenda": Step("agenda", 1, 1, 0, 0),
        "confirmation": Step("confirmation", 1, 1, 0, 0),
    }


def test_counts_of_anything_else_are_no_form() -> None:
    assert funnels({"unanswered": 3, joined("form", "x"): 1}) == []


def ignorant() -> Skill:
    skill = Skill("ignorant", "Knows nothing")

    @skill.on_message
    async def answer(turn: Turn) -> None:
        turn.note("unanswered")
        turn.reply("I do not know")

    return skill


async def test_questions_alike_stand_together_without_identifiers(lab: Callable[..., Lab]) -> None:
    fabric = lab(ignorant())
    asked = (
        "Where is the canteen menu?",
        "canteen menu of today?",
        "Is the parking lot open? Mail me at ann@contoso.example",
    )
    for number, text in enumerate(asked):
        await fabric.say(text, conversation=str(number))
    await fabric.drain()
    await roll_up(fabric.store, fabric.bots, 2048)

    menu, parking = await unanswered(fabric, ALL, EVER)

    assert (menu.count, sorted(menu.examples)) == (2, sorted(asked[:2]))
    assert parking.count == 1
    assert "ann@contoso.example" not in str(parking)
    assert "parking lot" in parking.examples[0]


async def test_a_question_whose_transcript_is_gone_is_only_a_number(
    lab: Callable[..., Lab],
) -> None:
    from shared.ports.store import Delete

    fabric = lab(ignorant())
    key = await fabric.say("Where is the canteen menu?")
    await fabric.drain()
    await roll_up(fabric.store, fabric.bots, fabric.settings.function_memory_mb)
    async for item in transcripts(fabric.store, key):
        await fabric.store.write(key, Delete(item.id))

    assert await unanswered(fabric, ALL, EVER) == []
    [row] = (await usage(fabric, ALL, EVER)).bots
    assert row.unanswered == 1


def test_questions_without_a_word_in_common_stand_apart() -> None:
    found = heaps(["canteen menu", "the menu of the canteen", "printer jam", "???"])
    assert [len(heap.questions) for heap in found] == [2, 1]
