"""A ticket is filed by a form that understands people, and only after a yes."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.skills import tickets
from shared.dialogue.forms.slot import Slot
from shared.dialogue.forms.wording import worded
from shared.dialogue.phrases import phrase
from shared.dialogue.ticket_form import CATEGORIES, CATEGORY, SUMMARY, URGENCY
from shared.dialogue.ticket_opening import opening_of
from shared.event import event_id
from shared.integrations.ticket_table import TicketTable
from shared.records.ticket import TICKETS
from shared.storage.sqlite import SqliteStore
from shared.turn import FLOOR_RETURNED
from tests.unit.talk import Talk

PROBLEM = "My laptop screen is flickering"
STALE = "That card belongs to a form that is closed. Nothing was sent."
ID = re.compile(r"T-[A-Z2-7]{8}")


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[..., Talk]]:
    """Conversations over one table of tickets."""
    store = SqliteStore(tmp_path / "store.db")

    def talk(**options: Any) -> Talk:
        talk = Talk(tickets.skill, **options)
        talk.backends = {TICKETS: TicketTable(TICKETS, lambda: store)}
        return talk

    yield talk
    await store.close()


@pytest.fixture
def talk(make: Callable[..., Talk]) -> Talk:
    return make()


def hint(slot: Slot) -> str:
    return worded(slot.hint, "en") or phrase("en", slot.kind.hint, **slot.kind.names("en"))


def asks(slot: Slot) -> str:
    return worded(slot.question, "en")


def draft(talk: Talk, user: str = "ann") -> dict[str, Any]:
    """The answers in the draft of a person."""
    person = event_id(user)[:12]
    answers = talk.state["forms"]["ticket"][person]["answers"]
    assert isinstance(answers, dict)
    return answers


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
    assert await talk.say("/ticket") == [asks(SUMMARY)]
    assert talk.floor == "tickets"
    assert await talk.say("Everything is strange today") == [asks(CATEGORY)]
    assert talk.buttons == list(CATEGORIES)
    assert await talk.say("hardware") == [asks(URGENCY)]
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
    assert "forms" not in talk.state


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
    assert draft(talk)["summary"] == summary


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
    assert (await talk.say(text))[-1] == asks(SUMMARY)


async def test_the_summary_tells_the_category_when_it_speaks_of_one(talk: Talk) -> None:
    assert (await talk.say("My printer is on fire"))[-1] == asks(URGENCY)
    assert draft(talk)["category"] == "hardware"


async def test_a_summary_about_two_categories_leaves_the_choice(talk: Talk) -> None:
    assert (await talk.say("Outlook on my phone is slow"))[-1] == asks(CATEGORY)


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
    assert draft(talk)["urgency"] == urgency


@pytest.mark.parametrize(
    "answer", ["purple", "", "0", "4", "99999999999999999999", "low or high", "not high", "🤷"]
)
async def test_an_answer_that_is_no_choice_gets_a_hint(talk: Talk, answer: str) -> None:
    await talk.say(PROBLEM)
    assert await talk.say(answer) == [hint(URGENCY), asks(URGENCY)]
    assert talk.buttons == ["low", "normal", "high"]


async def test_a_picture_alone_is_asked_for_words(talk: Talk) -> None:
    await talk.say("/ticket")
    replies = await talk.say("", attachments=[{"contentType": "image/png"}])
    assert replies == [
        "Thank you for the file. I need it in words as well.",
        asks(SUMMARY),
    ]


async def test_a_summary_that_is_too_short_gets_a_hint(talk: Talk) -> None:
    await talk.say("/ticket")
    assert await talk.say("help") == [hint(SUMMARY), asks(SUMMARY)]


async def test_a_very_long_summary_is_cut(talk: Talk) -> None:
    await talk.say("word " * 10_000)
    assert len(draft(talk)["summary"]) == 1000


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
    assert draft(talk)[slot] == value
    assert len(draft(talk)) == 3


async def test_a_correction_may_come_before_the_end(talk: Talk) -> None:
    await talk.say("My printer is on fire")
    replies = await talk.say("change category to other")
    assert replies == ["Noted: **Category:** other.", asks(URGENCY)]
    assert draft(talk)["category"] == "other"


async def test_no_asks_what_to_change(talk: Talk) -> None:
    await to_confirm(talk)
    await talk.say("no")
    assert talk.buttons == ["change summary", "change category", "change urgency", "cancel"]
    assert await talk.say("change summary") == [asks(SUMMARY)]
    assert "The dock is dead" in (await talk.say("The dock is dead"))[-1]


async def test_a_correction_that_does_not_do_asks_again(talk: Talk) -> None:
    await to_confirm(talk)
    assert await talk.say("urgency: purple") == [hint(URGENCY), asks(URGENCY)]
    assert "Shall I file this?" in (await talk.say("low"))[-1]


async def test_a_problem_that_names_a_slot_is_no_correction(talk: Talk) -> None:
    await talk.say("/ticket")
    await talk.say("category is missing in the finance system")
    assert draft(talk)["summary"] == "category is missing in the finance system"


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
    assert "forms" not in talk.state


async def test_a_problem_with_cancelling_is_not_cancelled(talk: Talk) -> None:
    await talk.say("/ticket")
    await talk.say("I cannot cancel my order")
    assert draft(talk)["summary"] == "I cannot cancel my order"


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


async def test_a_retried_turn_files_the_same_ticket(make: Callable[..., Talk]) -> None:
    first, again = make(), make()
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
    assert replies == ["Let us go on with the ticket that you had begun.", asks(URGENCY)]
    assert draft(talk)["summary"] == PROBLEM


@pytest.mark.parametrize("answers", [[PROBLEM], [PROBLEM, "high"]])
async def test_a_question_in_between_is_answered_elsewhere(
    make: Callable[..., Talk], answers: list[str]
) -> None:
    talk = make(default_skill="router")
    for answer in answers:
        await talk.say(answer)
    waiting = dict(draft(talk))
    assert await talk.say("How can I cancel my order?") == []
    assert talk.handed_to == "router"
    [question] = await talk.fact(FLOOR_RETURNED, {"person": event_id("ann")[:12]})
    assert question
    assert draft(talk) == waiting
    assert talk.floor == "tickets"


async def test_a_question_may_be_the_summary(make: Callable[..., Talk]) -> None:
    talk = make(default_skill="router")
    await talk.say("/ticket")
    await talk.say("Why is my screen flickering?")
    assert draft(talk) == {
        "summary": "Why is my screen flickering?",
        "category": "hardware",
    }


async def test_a_correction_may_be_a_question(make: Callable[..., Talk]) -> None:
    talk = make(default_skill="router")
    await to_confirm(talk)
    await talk.say("please change the urgency to low?")
    assert draft(talk)["urgency"] == "low"


async def test_a_new_problem_replaces_an_interrupted_form(talk: Talk) -> None:
    await talk.say(PROBLEM)
    talk.floor = ""
    await talk.say("My headset is lost")
    assert draft(talk)["summary"] == "My headset is lost"


async def test_a_look_at_the_tickets_does_not_lose_the_form(talk: Talk) -> None:
    ticket = await filed(talk)
    await talk.say("My headset is lost")
    listed, question = await talk.say("my tickets")
    assert ticket in listed
    assert question == asks(URGENCY)


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
    assert await talk.say("and T-ZZZZZZZZ?") == ["You have no ticket T-ZZZZZZZZ."]


async def test_in_a_group_everybody_lists_their_own(talk: Talk) -> None:
    await filed(talk)
    assert await talk.say("my tickets", user="bob") == ["You have no tickets yet."]


async def test_a_ticket_is_resolved_by_command(talk: Talk) -> None:
    ticket = await filed(talk)
    assert await talk.say(f"/resolve {ticket.lower()} works again") == [
        f"Thank you, I have closed {ticket} as resolved."
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


@pytest.mark.parametrize(
    ("text", "said", "type"),
    [
        ("can you cancel that ticket?", "is cancelled", "ticket.cancelled"),
        ("close the ticket, it works again", "closed", "ticket.resolved"),
        ("Bitte das Ticket stornieren", "cancelled", "ticket.cancelled"),
    ],
)
async def test_a_person_ends_a_ticket_and_opens_it_again(
    make: Callable[..., Talk], text: str, said: str, type: str
) -> None:
    talk = make()
    ticket = await filed(talk)

    assert said in (await talk.say(text))[0]
    assert talk.facts[-1][:2] == (type, ticket)
    assert await talk.say("reopen my ticket") == [f"{ticket} is open again."]
    assert f"**{ticket}** (open)" in (await talk.say("my tickets"))[0]


async def test_tickets_are_found_from_another_conversation_of_the_person(
    make: Callable[..., Talk],
) -> None:
    ticket = await filed(make())
    elsewhere = make()

    assert ticket in (await elsewhere.say("my tickets"))[0]
    assert await elsewhere.say("my tickets", user="bob") == ["You have no tickets yet."]
    assert await elsewhere.say(f"cancel {ticket}", user="bob") == [f"You have no ticket {ticket}."]


async def test_something_is_added_to_a_ticket(make: Callable[..., Talk]) -> None:
    talk = make()
    ticket = await filed(talk)

    [what] = await talk.say("I want to add a photo to it")
    assert ticket in what
    files = [{"contentType": "image/png", "name": "screen.png"}]
    assert await talk.say("", attachments=files) == [f"I have added that to {ticket}."]
    assert await talk.say(f"/ticket add {ticket} it smells, too") == [
        f"I have added that to {ticket}."
    ]
    notes = [data["note"] for type, _, data in talk.facts if type == "ticket.updated"]
    assert notes == ["screen.png", "it smells, too"]


async def test_which_of_several_tickets_is_asked(talk: Talk) -> None:
    one, two = await filed(talk), await filed(talk, "My headset is lost")

    await talk.say("please cancel my ticket")

    assert talk.buttons == [f"/tickets cancel {one}", f"/tickets cancel {two}"]
    assert await talk.say(talk.buttons[1]) == [f"{two} is cancelled."]


async def test_nobody_confirms_the_ticket_of_somebody_else_in_a_group(
    make: Callable[..., Talk],
) -> None:
    talk = make(default_skill="router")
    await to_confirm(talk)

    assert await talk.say("yes", user="bob") == []
    assert talk.handed_to == "router"
    assert talk.facts == []
    await talk.say("yes")
    assert len(talk.facts) == 1


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
    assert await talk.say("", value=value) == [
        "That card belongs to a form that is closed. Nothing was sent."
    ]
    assert talk.facts == []


async def test_a_card_confirms_no_unfinished_form(talk: Talk) -> None:
    await talk.say(PROBLEM)
    assert await talk.say("", value={"action": "confirm"}) == [asks(URGENCY)]
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
    assert answer["value"] == STALE
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


@settings(deadline=None)
@given(st.lists(st.text() | st.sampled_from(["yes", "no", "/ticket", PROBLEM, "high", "status"])))
async def test_whatever_is_said_is_answered_and_stored_as_json(said: list[str]) -> None:
    with TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "store.db")
        talk = Talk(tickets.skill)
        talk.backends = {TICKETS: TicketTable(TICKETS, lambda: store)}
        for text in said:
            assert await talk.say(text)
            assert (talk.floor == "tickets") == ("forms" in talk.state)
        await store.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I want to open a ticket: my mouse is dead", "my mouse is dead"),
        ("Bitte ein Ticket anlegen: Outlook stürzt ab", "Outlook stürzt ab"),
        ("Ich möchte ein Ticket aufmachen", ""),
        ("Je voudrais ouvrir un ticket pour mon écran cassé", "mon écran cassé"),
        ("Quiero abrir un ticket, mi impresora no funciona", "mi impresora no funciona"),
        ("Quero abrir um ticket", ""),
        ("Vorrei aprire un ticket per la stampante", "la stampante"),
        ("Ik wil graag een ticket aanmaken voor mijn muis", "mijn muis"),
        ("My laptop makes a noise", "My laptop makes a noise"),
    ],
)
def test_the_words_that_ask_for_a_ticket_are_not_what_it_is_about(text: str, said: str) -> None:
    assert opening_of(text).said == said


async def test_two_tickets_at_once_are_filed_one_after_the_other(talk: Talk) -> None:
    said = await talk.say("I want to file two tickets: one for my mouse and one for my chair")
    assert "my mouse" in " ".join(said)
    for answer in ("hardware", "low", "yes"):
        said = await talk.say(answer)
    assert "my chair" in said[-1]

    await talk.say("yes")

    assert draft(talk)["summary"] == "my chair"


@pytest.mark.parametrize("answer", ["not sure", "I don't know", "egal", "aucune idée", "whatever"])
async def test_who_does_not_know_gets_the_usual_value(talk: Talk, answer: str) -> None:
    await talk.say(PROBLEM)
    assert "Urgency: normal" in (await talk.say(answer))[0].replace("*", "")


async def test_the_command_of_an_open_form_asks_again(talk: Talk) -> None:
    await talk.say(PROBLEM)
    assert await talk.say("/tickets") == [asks(URGENCY)]


async def test_it_is_the_ticket_that_was_filed(talk: Talk) -> None:
    await filed(talk)
    assert "open already" in (await talk.say("reopen it"))[0]
    assert "closed" in (await talk.say("close it please"))[0]
    assert "Shall I reopen it?" in (await talk.say("add: it is a Dell"))[0]
    assert "open again" in (await talk.say("reopen it"))[0]
    assert "added" in (await talk.say("add: it is a Dell"))[0]
