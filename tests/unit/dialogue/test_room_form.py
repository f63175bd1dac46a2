"""The room booking of docs/forms.md on every channel: by card, in words, and not at all."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shared.ports.store import Put
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.unit.dialogue.rooms import FRIDAY, Chat, card_of, rooms, titles, whatsapp

CHANNELS = pytest.mark.parametrize("channel", ["teams", "web", "whatsapp"])
CARDS = pytest.mark.parametrize("channel", ["teams", "web"])
PDF = {"name": "agenda.pdf", "contentType": "application/pdf", "contentUrl": "https://x.example/a"}


VALUES = {
    "room": "Aspen",
    "day": FRIDAY,
    "start": "09:00",
    "end": "10:00",
    "people": 6,
    "contact": "ann@contoso.example",
    "cost_center": "CC-1001",
    "title": "Quarterly review",
}


@pytest.fixture
def booked() -> list[dict[str, Any]]:
    """The data of every booking that was told."""
    return []


@pytest.fixture
def fabric(lab: Callable[..., Lab], booked: list[dict[str, Any]]) -> Lab:
    clerk = Skill("clerk", "Hears of bookings")

    @clerk.on_event("room.booked")
    async def hear(turn: Turn) -> None:
        booked.append(turn.data)

    front = Skill("front", "Answers everything else")

    @front.on_message
    async def answer(turn: Turn) -> None:
        turn.reply(f"front: {turn.text}")

    return lab(rooms(), front, clerk, floorless="front")


@CHANNELS
async def test_a_room_is_booked_in_words_with_every_kind_of_slot(
    fabric: Lab, booked: list[dict[str, Any]], channel: str
) -> None:
    ann = Chat(fabric, channel)

    assert await ann.last("/rooms") == "Which room?"
    assert await ann.last("the small one") == "On which day?"
    assert await ann.last("next Friday") == "From when?"
    assert await ann.last("9") == "Until when?"
    assert await ann.last("10 o'clock") == "How many people?"
    assert await ann.last("six") == "Whose e-mail address?"
    assert await ann.last("it is Ann@Contoso.example") == "Which cost center pays?"
    assert await ann.last("cc-1001") == "What is it about?"
    assert await ann.last("Quarterly review") == "Is there an agenda?"
    shown = await ann.last(attachments=[PDF])
    assert "**Start:** 09:00" in shown
    assert "**Agenda:** agenda.pdf" in shown
    done = await ann.last("yes, please")

    assert done == f"Booked: Aspen on {FRIDAY} from 09:00 to 10:00."
    assert booked == [VALUES | {"agenda": PDF}]


@CHANNELS
async def test_one_sentence_fills_what_it_names(
    fabric: Lab, booked: list[dict[str, Any]], channel: str
) -> None:
    ann = Chat(fabric, channel)

    said = await ann.last("/rooms Aspen next Friday from 9 to 10 for 6 people")

    assert said == "Whose e-mail address?"
    await ann.say("ann@contoso.example, CC-1001")
    await ann.say("Quarterly review")
    await ann.say("skip")
    await ann.say("yes")
    assert booked == [VALUES | {"agenda": None}]


@CARDS
async def test_a_card_holds_every_input_and_books_at_once(
    fabric: Lab, booked: list[dict[str, Any]], channel: str
) -> None:
    ann = Chat(fabric, channel)
    [_, asked] = await ann.say("/rooms Birch")

    card = card_of(asked)
    kinds = {element.get("id"): element["type"] for element in card["body"]}
    assert kinds == {
        "room": "Input.ChoiceSet",
        "day": "Input.Date",
        "start": "Input.Time",
        "end": "Input.Time",
        "people": "Input.Number",
        "contact": "Input.Text",
        "cost_center": "Input.Text",
        "title": "Input.Text",
        None: "TextBlock",
    }
    assert card["body"][0]["value"] == "Birch"
    said = await ann.last(value={**card["actions"][0]["data"], **VALUES, "people": "6"})
    assert said == "Is there an agenda?", "a file comes by the chat"
    await ann.say("none")
    await ann.say("yes")
    assert booked == [VALUES | {"agenda": None}]


async def test_whatsapp_gets_a_list_or_buttons_and_never_a_card(fabric: Lab) -> None:
    ann = Chat(fabric, "whatsapp")

    [_, asked] = await ann.say("/rooms")

    [body] = whatsapp(asked)
    buttons = body["interactive"]["action"]["buttons"]
    assert [button["reply"]["title"] for button in buttons] == ["Aspen", "Birch", "Cedar"]
    assert not asked.attachments


@CARDS
async def test_a_card_with_a_wrong_value_says_which_and_shows_the_rest_again(
    fabric: Lab, booked: list[dict[str, Any]], channel: str
) -> None:
    ann = Chat(fabric, channel)
    [_, asked] = await ann.say("/rooms")
    data = card_of(asked)["actions"][0]["data"]

    said = await ann.say(value={**data, **VALUES, "people": "200", "end": "08:30"})

    assert [activity.text for activity in said] == [
        "**End:** It has to end after it begins.",
        "**People:** It can be at most 20.",
        "Until when?",
    ]
    again = card_of(said[-1])
    assert again["body"][0]["value"] == "Aspen"
    assert booked == []


@CHANNELS
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("actually Birch", "**Room:** Birch"),
        ("change the start to 9:30", "**Start:** 09:30"),
        ("people: 7", "**People:** 7"),
        ("make it 8 people", "**People:** 8"),
        ("no, CC-2002", "**Cost center:** CC-2002"),
        ("the title should be Budget", "**Title:** Budget"),
        ("bob@contoso.example", "**Contact:** bob@contoso.example"),
    ],
)
async def test_any_answer_is_corrected_at_the_end(
    fabric: Lab, booked: list[dict[str, Any]], channel: str, text: str, line: str
) -> None:
    ann = await filled(Chat(fabric, channel))

    assert line in await ann.last(text)
    await ann.say("yes")

    assert len(booked) == 1


async def test_an_answer_is_corrected_while_another_is_asked_for(fabric: Lab) -> None:
    ann = Chat(fabric, "whatsapp")
    await ann.say("/rooms Aspen next Friday from 9 to 10")

    said = await ann.say("sorry, the room is Cedar")

    assert [activity.text for activity in said] == ["Noted: **Room:** Cedar.", "How many people?"]


async def test_two_answers_that_a_correction_may_mean_are_asked_about(fabric: Lab) -> None:
    ann = await filled(Chat(fabric, "web"))

    said = await ann.say("make it 11:00")

    assert titles(said[-1])[:2] == ["change start", "change end"]
    assert await ann.last("change end") == "Until when?"
    assert "**End:** 11:00" in await ann.last("11")


async def test_a_correction_that_breaks_another_slot_is_found_before_it_is_booked(
    fabric: Lab,
    booked: list[dict[str, Any]],
) -> None:
    ann = await filled(Chat(fabric, "web"))
    await ann.say("start: 11:00")

    said = await ann.say("yes")

    texts = [activity.text for activity in said]
    assert texts == ["It has to end after it begins.", "Until when?"]
    assert booked == []


@CHANNELS
async def test_a_question_is_answered_by_the_bot_and_then_the_form_goes_on(
    fabric: Lab, channel: str
) -> None:
    ann = Chat(fabric, channel)
    await ann.say("/rooms Aspen")

    said = await ann.say("what is the wifi password for guests?")

    texts = [activity.text for activity in said]
    assert texts == ["front: what is the wifi password for guests?", "On which day?"]
    assert await ann.last("next Friday") == "From when?"


@CHANNELS
@pytest.mark.parametrize(
    "text",
    [
        *("cancel", "Never mind.", "I changed my mind", "forget it", "don't book it"),
        *("abbrechen", "laisse tomber", "ya no lo necesito", "deixa pra lá", "lascia perdere"),
        "laat maar",
    ],
)
async def test_it_is_cancelled_in_any_words(fabric: Lab, channel: str, text: str) -> None:
    ann = Chat(fabric, channel)
    await ann.say("/rooms Aspen")

    assert await ann.last(text) == "Nothing was booked."
    assert await ann.last("Birch") == "front: Birch"


@pytest.mark.parametrize("text", ["thanks!", "thank you so much", "thx that helped", "useless!!"])
async def test_thanks_and_anger_are_no_answers(fabric: Lab, text: str) -> None:
    ann = Chat(fabric, "web")
    await ann.say("/rooms Aspen next Friday from 9 to 10 for 6 people ann@contoso.example CC-1001")

    said = await ann.say(text)

    assert titles(said[-1]) == ["go on", "cancel"]
    assert (await ann.say("go on"))[-1].text == "What is it about?"


async def test_the_same_refusal_never_comes_twice_and_then_the_form_lets_go(fabric: Lab) -> None:
    ann = Chat(fabric, "whatsapp")
    await ann.say("/rooms Aspen next Friday")

    first = await ann.say("purple")
    second = await ann.say("purple")
    third = await ann.say("purple")

    texts = [a.text for said in (first, second, third) for a in said]
    assert len(set(texts)) == len(texts)
    assert titles(second[-1])[0] == "08:00"
    assert "cancel" in titles(second[-1])
    assert third[-1].text == "front: purple"
    assert await ann.last("/rooms") == "From when?", "the draft was kept"


@CARDS
async def test_a_card_of_yesterday_sends_nothing(
    fabric: Lab, booked: list[dict[str, Any]], channel: str
) -> None:
    ann = Chat(fabric, channel)
    [_, asked] = await ann.say("/rooms")
    old = card_of(asked)["actions"][0]["data"] | VALUES
    await ann.say("cancel")

    said = await ann.last(value=old)
    await ann.say("/rooms")
    again = await ann.last(value=old, replyToId="another")

    assert said == again == "That card belongs to a form that is closed. Nothing was sent."
    assert booked == []


async def test_in_a_group_a_form_belongs_to_who_began_it(fabric: Lab) -> None:
    ann = Chat(fabric, "teams", "ann", group=True)
    [_, asked] = await ann.say("/rooms Aspen")
    bob = Chat(fabric, "teams", "bob", group=True)
    bob.seen = ann.seen

    assert await bob.last("next Friday") == "front: next Friday"
    pressed = await bob.last(value={**card_of(asked)["actions"][0]["data"], **VALUES})
    assert pressed == "That form belongs to somebody else here."
    assert await bob.last("/rooms Cedar") == "On which day?"
    ann.seen = bob.seen
    assert await ann.last("next Friday") == "From when?"
    bob.seen = ann.seen
    assert await bob.last("cancel") == "Nothing was booked."
    ann.seen = bob.seen
    assert await ann.last("9") == "Until when?"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("yesterday evening", "I need a day, such as *4 December* or *next Friday*."),
        ("2020-01-02", "Thursday, 2 January 2020 is too early."),
    ],
)
async def test_a_refusal_says_why(fabric: Lab, text: str, hint: str) -> None:
    ann = Chat(fabric, "whatsapp")
    await ann.say("/rooms Aspen")

    assert [a.text for a in await ann.say(text)] == [hint, "On which day?"]


async def test_a_date_that_may_be_two_is_asked_about(fabric: Lab) -> None:
    ann = Chat(fabric, "whatsapp")
    await ann.say("/rooms Aspen", locale="en")
    month = date.today().month % 12 + 1
    day = month % 12 + 1
    said = await ann.say(f"{day:02}/{month:02}", locale="en")

    assert said[-1].text in ("Day: which one do you mean?", "On which day?")


async def test_an_old_draft_is_dropped(fabric: Lab) -> None:
    ann = Chat(fabric, "whatsapp")
    await ann.say("/rooms Aspen")
    [item] = await fabric.items(ann.key, "conversation")
    [draft] = item.body["state"]["rooms"]["forms"]["booking"].values()
    draft["at"] -= 15 * 86_400
    await fabric.store.write(ann.key, Put(item.id, item.body, etag=item.etag))

    assert await ann.last("next Friday") == "front: next Friday"


async def filled(chat: Chat) -> Chat:
    """Fill the form up to the question whether to book."""
    await chat.say("/rooms Aspen next Friday from 9 to 10 for 6 people ann@contoso.example CC-1001")
    await chat.say("Quarterly review")
    said = await chat.last("skip")
    assert said.startswith("Shall I book this?")
    return chat


ALL = f"/rooms Aspen {FRIDAY} 09:00-10:00 6 people ann@contoso.example CC-1001"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("no, cedar and 8 people", ("Cedar", "09:00", "10:00", 8)),
        ("change the room to Cedar and the start to 9:30", ("Cedar", "09:30", "10:00", 6)),
        ("room: Birch, start: 8:00, end: 9:00", ("Birch", "08:00", "09:00", 6)),
    ],
)
async def test_several_answers_are_corrected_at_once(
    fabric: Lab, booked: list[dict[str, Any]], text: str, wanted: tuple[Any, ...]
) -> None:
    ann = Chat(fabric, "whatsapp")
    for said in (ALL, "standup", "skip", text, "yes"):
        await ann.say(said)

    names = ("room", "start", "end", "people")
    assert [tuple(one[name] for name in names) for one in booked] == [wanted]


async def test_a_yes_while_it_is_asked_what_to_change_books_nothing(
    fabric: Lab, booked: list[dict[str, Any]]
) -> None:
    ann = Chat(fabric, "whatsapp")
    for said in (ALL, "standup", "no agenda"):
        await ann.say(said)

    asked = await ann.say("actually make it 9:45 and cedar")
    assert titles(asked[-1]) == ["change start", "change end", "cancel"]
    shown = await ann.last("yes")

    assert booked == []
    assert "Cedar" in shown
    assert "09:00" in shown
