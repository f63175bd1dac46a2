"""What is said in the middle of a form and is no answer to it: it is heard, and nothing is lost."""

import re
from collections.abc import Callable

import pytest

from functions.skills import handoff, router
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.unit.dialogue.rooms import FRIDAY, Chat, rooms, titles


@pytest.mark.parametrize(
    "text", ["can I talk to a human?", "ich will mit jemandem sprechen", "agent"]
)
async def test_who_wants_a_person_is_not_held_by_the_form(
    lab: Callable[..., Lab], text: str
) -> None:
    fabric = lab(rooms(), handoff.skill)
    ann = Chat(fabric, "web")
    await ann.say("/rooms Aspen")

    assert re.search(r"\((request|Anfrage) H-", await ann.last(text))

    await ann.say("/bot")
    assert await ann.last("/rooms") == "On which day?"


async def test_an_offer_in_between_leaves_the_form_its_floor(lab: Callable[..., Lab]) -> None:
    fabric = lab(rooms(), handoff.skill, floorless="handoff")
    ann = Chat(fabric, "web")
    await ann.say("/rooms Aspen")

    offer, again = await ann.say("can I bring my own food?")

    assert offer.text.startswith("Shall I ask a colleague")
    assert titles(offer) == ["Talk to a person"]
    assert again.text == "On which day?"
    assert await ann.last("next Friday") == "From when?"


async def test_a_question_that_comes_back_is_told_what_there_is(lab: Callable[..., Lab]) -> None:
    front = Skill("front", "Hands everything to the rooms")

    @front.on_message
    async def on(turn: Turn) -> None:
        turn.hand_off("rooms")

    ann = Chat(lab(rooms(), front, floorless="front"), "web")
    await ann.say("/rooms")

    for _ in range(4):
        said = await ann.say("what rooms are there?")
        texts = [activity.text for activity in said]
        assert texts == ["I know Aspen, Birch, Cedar.", "Which room?"]


async def test_who_is_not_sure_keeps_the_form(lab: Callable[..., Lab]) -> None:
    ann = Chat(lab(rooms()), "web")
    await ann.say("/rooms")

    for _ in range(4):
        said = await ann.say("dunno")

    assert titles(said[-1])[:3] == ["Aspen", "Birch", "Cedar"]


@pytest.mark.parametrize("hours", ["09:00-10:30", "9am-10:30am", "9:00–10:30", "from 9 to 10:30"])
async def test_a_span_is_a_start_and_an_end(lab: Callable[..., Lab], hours: str) -> None:
    ann = Chat(lab(rooms()), "web")

    said = await ann.last(f"/rooms Aspen {FRIDAY} {hours} 4 people bob@contoso.example CC-1001")

    assert said == "What is it about?"


URGENT = """[urgent]
"self-harm" = "You are not alone: call 0800 111 0 111."
"""


async def test_what_cannot_wait_is_said_before_the_form_goes_on(lab: Callable[..., Lab]) -> None:
    fabric = lab(rooms(), router.skill, floorless="router", manifest=URGENT)
    ann = Chat(fabric, "web")
    await ann.say("/rooms Aspen")

    said = [activity.text for activity in await ann.say("I want to kill myself")]

    assert "call 0800 111 0 111" in said[0]
    assert said[-1] == "On which day?"


async def test_what_cannot_wait_is_said_to_who_waits_for_a_person(lab: Callable[..., Lab]) -> None:
    ann = Chat(lab(handoff.skill, router.skill, floorless="router", manifest=URGENT), "web")
    await ann.say("/handoff")

    assert "call 0800 111 0 111" in await ann.last("I want to kill myself")
    assert await ann.say("my number is 17") == [], "it still waits"
