"""A ticket is filed by a form that understands people, and only after a yes."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.skills import tickets
from shared.dialogue.slot import Slot
from tests.unit.talk import Talk

PROBLEM = "My laptop screen is flickering"
ID = re.compile(r"T-[A-Z2-7]{8}")


@pytest.fixture
def talk() -> Talk:
    return Talk(tickets.skill)


def hint(slot: Slot) -> str:
    return f"{slot.hint} Or write **cancel**."


async def to_confirm(talk: Talk, summary: str = PROBLEM, urgency: str = "high") -> None:
    """Fill the form up to the question whether to file it."""
    await talk.say(summary)
    assert "Shall I file this?" in (await talk.say(urgency))[-1]


async def filed(talk: Talk, summary: str = PROBLEM) -> str:
    """File a ticket and return its id."""
    await to_confirm(talk, summary)
    [text] = await talk.say("yes")
    found = ID.search(text)
    assert found
    return found[0]


async def test_a_ticket_is_filed_in_a_conversation(talk: Talk) -> None:
    assert await talk.say("/ticket") == [tickets.SUMMARY.question]
    assert talk.floor == "tickets"
    assert await talk.say("Everything is strange today") == [tickets.CATEGORY.question]
    assert talk.buttons == list(tickets.CATEGORIES)
    assert await talk.say("hardware") == [tickets.URGENCY.question]
    assert talk.buttons == ["low", "normal", "high"]
    [summary] = await talk.say("normal")
    assert "**Summary:** Everything is strange today" in summary
    assert talk.buttons == ["yes", "no", "cancel"]
    assert talk.facts == []
    [done] = await talk.say("yes")
    [(type, subject, data)] = talk.facts
    assert type == "ticket.created"
    assert ID.fullmatch(subject)
    assert subject in done
    assert data == {
        "id": subject,
        "bot": "desk",
        "summary": "Everything is strange today",
        "category": "hardware",
        "urgency": "normal",
    }
    assert talk.floor == ""
    assert "form" not in talk.state


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        (PROBLEM, PROBLEM),
        (f"/ticket {PROBLEM}", PROBLEM),
        (f"/tickets {PROBLEM}", PROBLEM),
        (f"I want to open a ticket: {PROBLEM}", PROBLEM),
        ("please file a ticket for a broken mouse", "a broken mouse"),
        ("屏幕坏了", "屏幕坏了"),
        ("The app\nsays  *no*", "The app says *no*"),
    ],
)
async def test_the_first_message_is_the_summary(talk: Talk, text: str, summary: str) -> None:
    await talk.say(text)
    assert talk.state["form"]["summary"] == summary


@pytest.mark.parametrize(
    "text",
    [
        "/ticket",
        "I want to open a ticket",
        "open a ticket",
        "ticket",
        "Can you log an incident for me?",
        "",
        "😡😡😡😡😡😡😡😡😡",
        "broken",
        "/ticket  ",
    ],
)
async def test_a_message_without_a_problem_is_asked_for_one(talk: Talk, text: str) -> None:
    assert (await talk.say(text))[-1] == tickets.SUMMARY.question


async def test_the_summary_tells_the_category_when_it_speaks_of_one(talk: Talk) -> None:
    assert (await talk.say("My printer is on fire"))[-1] == tickets.URGENCY.question
    assert talk.state["form"]["category"] == "hardware"


async def test_a_summary_about_two_categories_leaves_the_choice(talk: Talk) -> None:
    assert (await talk.say("Outlook on my phone is slow"))[-1] == tickets.CATEGORY.question


@pytest.mark.parametrize(
    ("answer", "urgency"),
    [
        *[("high", "high"), ("HIGH!", "high"), ("h", "high"), ("hi", "high"), ("3", "high")],
        *[("urgent", "high"), ("it is not urgent", "low"), ("I cannot work", "high")],
        *[
            ("I can’t work at all", "high"),
            ("2.", "normal"),
            ("no hurry 🙂", "low"),
            ("２", "normal"),
        ],
        *[("rather low I think", "low"), ("actually high", "high"), ("urgency: low", "low")],
    ],
)
async def test_an_urgency_is_understood(talk: Talk, answer: str, urgency: str) -> None:
    await talk.say(PROBLEM)
    await talk.say(answer)
    assert talk.state["form"]["urgency"] == urgency


@pytest.mark.parametrize(
    "answer", ["purple", "", "0", "4", "99999999999999999999", "low or high", "not high", "🤷"]
)
async def test_an_answer_that_is_no_choice_gets_a_hint(talk: Talk, answer: str) -> None:
    await talk.say(PROBLEM)
    assert await talk.say(answer) == [hint(tickets.URGENCY), tickets.URGENCY.question]
    assert talk.buttons == ["low", "normal", "high"]


async def test_a_picture_alone_is_asked_for_words(talk: Talk) -> None:
    await talk.say("/ticket")
    replies = await talk.say("", attachments=[{"contentType": "image/png"}])
    assert replies == [
        "Thank you for the file. I need it in words as well.",
        tickets.SUMMARY.question,
    ]


async def test_a_summary_that_is_too_short_gets_a_hint(talk: Talk) -> None:
    await talk.say("/ticket")
    assert await talk.say("help") == [hint(tickets.SUMMARY), tickets.SUMMARY.question]


async def test_a_very_long_summary_is_cut(talk: Talk) -> None:
    await talk.say("word " * 10_000)
    assert len(talk.state["form"]["summary"]) == tickets.SUMMARY.longest


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("change urgency to low", "urgency", "low"),
        ("urgency: low", "urgency", "low"),
        ("urgency low", "urgency", "low"),
        ("No, change the urgency to low please", "urgency", "low"),
        ("actually low", "urgency", "low"),
        ("Sorry, it's not urgent", "urgency", "low"),
        ("actually software", "category", "software"),
        ("summary: the dock is dead too", "summary", "the dock is dead too"),
        ("please set the category = access", "category", "access"),
    ],
)
async def test_an_answer_is_corrected(talk: Talk, text: str, slot: str, value: str) -> None:
    await to_confirm(talk)
    assert "Shall I file this?" in (await talk.say(text))[-1]
    assert talk.state["form"][slot] == value
    assert len(talk.state["form"]) == 3


async def test_a_correction_may_come_before_the_end(talk: Talk) -> None:
    await talk.say("My printer is on fire")
    assert await talk.say("change category to other") == [tickets.URGENCY.question]
    assert talk.state["form"]["category"] == "other"


async def test_no_asks_what_to_change(talk: Talk) -> None:
    await to_confirm(talk)
    await talk.say("no")
    assert talk.buttons == ["change summary", "change category", "change urgency", "cancel"]
    assert await talk.say("change summary") == [tickets.SUMMARY.question]
    assert "The dock is dead" in (await talk.say("The dock is dead"))[-1]


async def test_a_correction_that_does_not_do_asks_again(talk: Talk) -> None:
    await to_confirm(talk)
    assert await talk.say("urgency: purple") == [hint(tickets.URGENCY), tickets.URGENCY.question]
    assert "Shall I file this?" in (await talk.say("low"))[-1]


async def test_a_problem_that_names_a_slot_is_no_correction(talk: Talk) -> None:
    await talk.say("/ticket")
    await talk.say("category is missing in the finance system")
    assert talk.state["form"]["summary"] == "category is missing in the finance system"


@pytest.mark.parametrize(
    "text", ["cancel", "Cancel!", "never mind", "stop", "forget it", "/cancel"]
)
@pytest.mark.parametrize("answers", [[], [PROBLEM], [PROBLEM, "high"]])
async def test_cancel_at_any_time(talk: Talk, text: str, answers: list[str]) -> None:
    await talk.say("/ticket")
    for answer in answers:
        await talk.say(answer)
    assert await talk.say(text) == ["Cancelled. Nothing was filed."]
    assert talk.floor == ""
    assert talk.facts == []
    assert "form" not in talk.state


async def test_a_problem_with_cancelling_is_not_cancelled(talk: Talk) -> None:
    await talk.say("/ticket")
    await talk.say("I cannot cancel my order")
    assert talk.state["form"]["summary"] == "I cannot cancel my order"


@pytest.mark.parametrize("text", ["yes", "Yes please!", "ok", "👍", "ja", "sure, go ahead", "y"])
async def test_a_yes_files(talk: Talk, text: str) -> None:
    await to_confirm(talk)
    await talk.say(text)
    assert len(talk.facts) == 1


@pytest.mark.parametrize(
    "text", ["maybe", "", "yes or no?", "👎", "no", "why", "what is this", "yesterday"]
)
async def test_nothing_else_files(talk: Talk, text: str) -> None:
    await to_confirm(talk)
    assert await talk.say(text)
    assert talk.facts == []
    assert talk.floor == "tickets"


async def test_a_retried_turn_files_the_same_ticket() -> None:
    first, again = Talk(tickets.skill), Talk(tickets.skill)
    for talk, id in ((first, "abc"), (again, "abc:tickets:1")):
        await to_confirm(talk)
        await talk.say("yes", id=id)
    assert first.facts == again.facts


async def test_two_tickets_have_two_ids(talk: Talk) -> None:
    assert await filed(talk) != await filed(talk)


# --- interruptions -----------------------------------------------------------------------------


async def test_an_interrupted_form_is_taken_up_again(talk: Talk) -> None:
    await talk.say(PROBLEM)
    talk.floor = ""
    replies = await talk.say("/ticket")
    assert replies == ["Let us go on with the ticket that you had begun.", tickets.URGENCY.question]
    assert talk.state["form"]["summary"] == PROBLEM


@pytest.mark.parametrize("answers", [[PROBLEM], [PROBLEM, "high"]])
async def test_a_question_in_between_is_answered_elsewhere(answers: list[str]) -> None:
    talk = Talk(tickets.skill, default_skill="router")
    for answer in answers:
        await talk.say(answer)
    waiting = dict(talk.state["form"])
    [text] = await talk.say("How can I cancel my order?")
    assert "/ticket" in text
    assert talk.handed_to == "router"
    assert talk.floor == ""
    await talk.say("/ticket")
    assert talk.state["form"] == waiting
    assert talk.floor == "tickets"


async def test_a_question_may_be_the_summary() -> None:
    talk = Talk(tickets.skill, default_skill="router")
    await talk.say("/ticket")
    await talk.say("Why is my screen flickering?")
    assert talk.state["form"] == {"summary": "Why is my screen flickering?"}


async def test_a_correction_may_be_a_question() -> None:
    talk = Talk(tickets.skill, default_skill="router")
    await to_confirm(talk)
    await talk.say("please change the urgency to low?")
    assert talk.state["form"]["urgency"] == "low"


async def test_a_new_problem_replaces_an_interrupted_form(talk: Talk) -> None:
    await talk.say(PROBLEM)
    talk.floor = ""
    await talk.say("My headset is lost")
    assert talk.state["form"]["summary"] == "My headset is lost"


async def test_a_look_at_the_tickets_does_not_lose_the_form(talk: Talk) -> None:
    ticket = await filed(talk)
    await talk.say("My headset is lost")
    listed, question = await talk.say("my tickets")
    assert ticket in listed
    assert question == tickets.URGENCY.question


# --- afterwards --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "my tickets",
        "status",
        "tickets",
        "show my open tickets",
        "What is the status of my ticket?",
        "any news about my tickets?",
        "is my ticket resolved?",
    ],
)
async def test_the_tickets_are_listed(talk: Talk, text: str) -> None:
    ticket = await filed(talk)
    [listed] = await talk.say(text)
    assert f"**{ticket}** (open): {PROBLEM}" in listed
    assert talk.floor == ""


async def test_one_ticket_is_asked_for_by_its_id(talk: Talk) -> None:
    one, two = await filed(talk), await filed(talk, "My headset is lost")
    [listed] = await talk.say(f"what about {two.lower()}?")
    assert two in listed
    assert one not in listed
    assert await talk.say("and T-ZZZZZZZZ?") == [
        "You have no ticket T-ZZZZZZZZ in this conversation."
    ]


async def test_in_a_group_everybody_lists_their_own(talk: Talk) -> None:
    await filed(talk)
    assert await talk.say("my tickets", user="bob") == [
        "You have no tickets in this conversation yet."
    ]


async def test_a_ticket_is_resolved_by_command(talk: Talk) -> None:
    ticket = await filed(talk)
    assert await talk.say(f"/resolve {ticket.lower()} works again") == [
        f"Thank you, I am closing {ticket}."
    ]
    data = {"id": ticket, "bot": "desk", "resolution": "works again"}
    assert talk.facts[1:] == [("ticket.resolved", ticket, data)]
    assert f"**{ticket}** (resolved)" in (await talk.say("my tickets"))[0]


@pytest.mark.parametrize("command", ["/resolve", "/resolve T-ZZZZZZZZ", "/resolve x y"])
async def test_only_a_ticket_of_this_conversation_is_resolved(talk: Talk, command: str) -> None:
    await filed(talk)
    await talk.say(command)
    assert len(talk.facts) == 1


async def test_a_ticket_is_resolved_once(talk: Talk) -> None:
    ticket = await filed(talk)
    for _ in range(2):
        await talk.say(f"/resolve {ticket}")
    assert len(talk.facts) == 2


async def test_news_from_the_service_desk_shows_in_the_list(talk: Talk) -> None:
    ticket = await filed(talk)
    assert await talk.fact("ticket.resolved", {}, subject=ticket) == []
    assert await talk.fact("ticket.resolved", {}, subject="T-ZZZZZZZZ") == []
    assert f"**{ticket}** (resolved)" in (await talk.say("my tickets"))[0]


# --- cards -------------------------------------------------------------------------------------


def execute(verb: Any = "confirm", type: Any = "Action.Execute") -> dict[str, Any]:
    return {
        "action": {"type": type, "verb": verb, "data": {"summary": "forged", "id": "T-FORGED22"}}
    }


async def test_a_submitted_card_confirms(talk: Talk) -> None:
    await to_confirm(talk)
    await talk.say("", value={"action": "confirm", "summary": "forged"})
    [(_, _, data)] = talk.facts
    assert data["summary"] == PROBLEM


async def test_a_submitted_card_cancels(talk: Talk) -> None:
    await talk.say(PROBLEM)
    assert await talk.say("", value={"action": "cancel"}) == ["Cancelled. Nothing was filed."]


@pytest.mark.parametrize("value", [{"action": "delete"}, {"action": ["confirm"]}, {"action": 7}])
async def test_a_card_with_another_action_does_nothing(talk: Talk, value: Any) -> None:
    await to_confirm(talk)
    assert await talk.say("", value=value) == ["There is no open form for this button."]
    assert talk.facts == []


async def test_a_card_confirms_no_unfinished_form(talk: Talk) -> None:
    await talk.say(PROBLEM)
    assert await talk.say("", value={"action": "confirm"}) == [tickets.URGENCY.question]
    assert talk.facts == []


async def test_an_invoke_confirms(talk: Talk) -> None:
    await to_confirm(talk)
    answer = await talk.invoke("adaptiveCard/action", execute())
    [(_, ticket, data)] = talk.facts
    assert data["summary"] == PROBLEM
    assert answer["statusCode"] == 200
    assert answer["type"] == "application/vnd.microsoft.activity.message"
    assert ticket in answer["value"]


async def test_an_invoke_without_a_form_files_nothing(talk: Talk) -> None:
    answer = await talk.invoke("adaptiveCard/action", execute())
    assert answer["statusCode"] == 200
    assert answer["value"] == "There is no open form for this button."
    assert talk.facts == []


@pytest.mark.parametrize(
    ("value", "code"),
    [
        *[
            (None, "BadRequest"),
            ("x", "BadRequest"),
            ({}, "BadRequest"),
            ({"action": 1}, "BadRequest"),
        ],
        *[(execute(type="Action.Submit"), "NotSupported"), (execute(verb=None), "NotSupported")],
    ],
)
async def test_a_malformed_invoke_is_refused_inside(talk: Talk, value: Any, code: str) -> None:
    await to_confirm(talk)
    answer = await talk.invoke("adaptiveCard/action", value)
    assert answer["statusCode"] == 400
    assert answer["value"]["code"] == code
    assert talk.facts == []


# --- anything ----------------------------------------------------------------------------------


@given(st.lists(st.text() | st.sampled_from(["yes", "no", "/ticket", PROBLEM, "high", "status"])))
async def test_whatever_is_said_is_answered_and_stored_as_json(said: list[str]) -> None:
    talk = Talk(tickets.skill)
    for text in said:
        assert await talk.say(text)
        assert (talk.floor == "tickets") == ("form" in talk.state)
