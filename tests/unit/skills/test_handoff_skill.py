"""Who asks for a person gets silence from the bot, until somebody brings it back."""

from dataclasses import replace

import pytest

from functions.skills import handoff
from shared.bot import Handoff
from shared.dialogue.talks.handoff import LONGEST
from tests.unit.talk import Talk


@pytest.fixture
async def talk() -> Talk:
    """A conversation in which a person was asked for."""
    talk = Talk(handoff.skill)
    await talk.say("/human my payslip is wrong")
    return talk


def request_id(talk: Talk) -> str:
    return str(talk.facts[0][1])


async def test_a_request_is_confirmed_once_and_emitted(talk: Talk) -> None:
    [(type, subject, data)] = talk.facts
    assert type == "handoff.requested"
    assert data == {"id": subject, "reason": "my payslip is wrong", "bot": "desk"}
    assert talk.buttons == ["/bot"]
    assert talk.muted
    assert talk.floor == "handoff"


async def test_words_without_a_command_are_the_reason() -> None:
    talk = Talk(handoff.skill)
    [text] = await talk.say("I want to talk to a person")
    assert "colleague" in text
    assert talk.facts[0][2]["reason"] == "I want to talk to a person"


async def test_a_bare_command_has_no_reason() -> None:
    talk = Talk(handoff.skill)
    await talk.say("/human")
    assert talk.facts[0][2]["reason"] == ""


async def test_a_person_is_only_offered_to_who_did_not_ask_for_one() -> None:
    talk = Talk(handoff.skill)
    [text] = await talk.say("this does not help at all")
    assert text.startswith("Shall I ask a colleague")
    assert talk.buttons == ["yes", "no"]
    assert not talk.muted
    assert talk.facts == []
    assert talk.floor == "handoff"


async def test_a_yes_to_the_offer_asks_for_a_person() -> None:
    talk = Talk(handoff.skill)
    await talk.say("this does not help at all")
    await talk.say("yes please")
    assert talk.muted
    assert talk.facts[0][2]["reason"] == "this does not help at all"


async def test_a_no_to_the_offer_changes_nothing() -> None:
    talk = Talk(handoff.skill)
    await talk.say("this does not help at all")
    assert await talk.say("no thanks") == ["All right. What else can I do for you?"]
    assert not talk.muted
    assert talk.floor == ""
    assert talk.state == {}
    assert talk.facts == []


async def test_another_answer_to_the_offer_goes_where_it_would_have_gone() -> None:
    talk = Talk(handoff.skill, default_skill="router")
    await talk.say("this does not help at all")
    assert await talk.say("how do I set up the VPN?") == []
    assert talk.handed_to == "router"
    assert talk.floor == ""
    assert talk.state == {}


@pytest.mark.parametrize(
    "text", ["my name is Ann", "/human", "/ticket x", "robot", "the bot is bad", "", "🤖", "bots"]
)
async def test_the_bot_is_silent_meanwhile(talk: Talk, text: str) -> None:
    assert await talk.say(text) == []
    assert talk.muted
    assert len(talk.facts) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("/bot", "/BOT please", "bot", "Bot!", "resume bot", " Resume  Bot ", "back to the bot"),
        *("I changed my mind, bot", "zurück zum Bot", "retour au bot", "quiero volver al bot"),
        *("voltar ao bot", "torna al bot", "terug naar de bot"),
    ],
)
async def test_the_person_brings_the_bot_back(talk: Talk, text: str) -> None:
    id = request_id(talk)
    assert await talk.say(text) == ["I am back. What can I do for you?"]
    assert not talk.muted
    assert talk.floor == ""
    assert talk.facts[1] == ("handoff.withdrawn", id, {"id": id, "bot": "desk"})


async def test_the_bot_need_not_be_brought_back_twice(talk: Talk) -> None:
    await talk.say("/bot")
    assert await talk.say("/bot") == ["I am here. What can I do for you?"]
    assert len(talk.facts) == 2


async def test_the_colleague_closes(talk: Talk) -> None:
    id = request_id(talk)
    [text] = await talk.fact("handoff.closed", {}, subject=id)
    assert "I am back" in text
    assert not talk.muted
    assert talk.floor == ""
    assert await talk.fact("handoff.closed", {}, subject=id) == []


async def test_closing_an_older_request_changes_nothing(talk: Talk) -> None:
    old = request_id(talk)
    await talk.say("/bot")
    await talk.say("/human again")
    assert talk.facts[-1][1] != old
    assert await talk.fact("handoff.closed", {}, subject=old) == []
    assert await talk.fact("handoff.closed", {"id": old}) == []
    assert talk.muted


async def test_closing_after_the_person_came_back_says_nothing(talk: Talk) -> None:
    id = request_id(talk)
    await talk.say("/bot")
    assert await talk.fact("handoff.closed", {}, subject=id) == []


async def test_a_retried_request_has_the_same_id() -> None:
    first, again = Talk(handoff.skill), Talk(handoff.skill)
    await first.say("a person please", id="abc")
    await again.say("a person please", id="abc:handoff:1")
    assert first.facts == again.facts


async def test_a_long_reason_is_cut() -> None:
    talk = Talk(handoff.skill)
    await talk.say("give me a human " * 4_000)
    assert len(talk.facts[0][2]["reason"]) == LONGEST


@pytest.mark.parametrize(
    "text", ["My colleague left, what happens with his files?", "are you a human?"]
)
async def test_speaking_of_somebody_is_not_asking_for_one(text: str) -> None:
    talk = Talk(handoff.skill)
    [offer] = await talk.say(text)
    assert not talk.facts
    assert "Shall I ask" in offer


@pytest.mark.parametrize(
    "text",
    ["are you there?", "how long until someone answers?", "hello? anyone?", "ist jemand da?"],
)
async def test_who_asks_after_the_colleague_is_told_how_it_stands(talk: Talk, text: str) -> None:
    [status] = await talk.say(text)
    assert request_id(talk) in status
    assert "nobody has answered yet" in status
    assert talk.broke_silence
    assert talk.muted


async def test_the_hours_and_the_phone_are_said() -> None:
    talk = Talk(handoff.skill)
    talk.bot = replace(talk.bot, handoff=Handoff("Mon-Sun 00:00-23:59", "+49 30 1", 30))
    [text] = await talk.say("/human")
    for said in ("30 minutes", "Mon–Sun 00:00–23:59 (UTC)", "+49 30 1"):
        assert said in text
    assert talk.waiting is not None
    assert talk.waiting.return_at == talk.waiting.since + 30 * 60


CLOSED = Handoff("Mon-Wed 08:00-18:00 Europe/Berlin", "+49 30 1")
"""It is a Thursday, midnight."""


async def test_outside_the_hours_it_says_that_nobody_is_there() -> None:
    talk = Talk(handoff.skill)
    talk.bot = replace(talk.bot, handoff=CLOSED)
    [text] = await talk.say("/human my payslip is wrong")
    assert text.startswith("Nobody is there right now. Your request is noted as H-")
    assert "Mon–Wed 08:00–18:00 (Berlin)" in text
    assert "+49 30 1" in text
    assert talk.muted


async def test_a_request_outside_the_hours_stays_when_the_bot_goes_on_helping() -> None:
    talk = Talk(handoff.skill)
    talk.bot = replace(talk.bot, handoff=CLOSED)
    await talk.say("/human my payslip is wrong")
    id = request_id(talk)

    [back] = await talk.say("/bot")

    assert id in back
    assert not talk.muted
    assert not talk.floor
    assert [type for type, *_ in talk.facts] == ["handoff.requested"]
    assert talk.waiting is not None
    assert talk.waiting.return_at > talk.waiting.since + 3 * 86_400, "when the desk is open again"


async def test_who_asks_again_has_one_request() -> None:
    talk = Talk(handoff.skill)
    talk.bot = replace(talk.bot, handoff=CLOSED)
    await talk.say("/human my payslip is wrong")
    id = request_id(talk)
    await talk.say("/bot")

    [text] = await talk.say("/human please")

    assert id in text
    assert talk.muted
    assert len(talk.facts) == 1


async def test_what_nobody_could_answer_yet_stays_when_the_bot_is_back_by_itself() -> None:
    talk = Talk(handoff.skill)
    talk.bot = replace(talk.bot, handoff=CLOSED)
    await talk.say("/human my payslip is wrong")
    id = request_id(talk)
    data = {"id": id, "why": "nobody"}

    [back] = await talk.fact("handoff.closed", data, subject=id)
    assert "Mon–Wed 08:00–18:00 (Berlin)" in back
    assert not talk.muted
    assert talk.waiting is not None

    [end] = await talk.fact("handoff.closed", data, subject=id)
    assert end.startswith(f"I am sorry: nobody has answered your request {id}")
    assert talk.waiting is None


async def test_nobody_in_time_is_said_as_it_is(talk: Talk) -> None:
    data = {"id": request_id(talk), "why": "nobody"}
    [text] = await talk.fact("handoff.closed", data, subject=request_id(talk))
    assert text.startswith("I am sorry: nobody could answer in time")
    assert not talk.muted


@pytest.mark.parametrize(
    "text",
    [
        *("agent please", "Kann ich bitte mit einem Menschen sprechen?"),
        *("Ich möchte jemanden sprechen", "Ich brauche einen Mitarbeiter", "un conseiller svp"),
        *("Je voudrais parler à quelqu'un", "Quiero hablar con una persona"),
        *("Quero falar com um atendente", "Vorrei parlare con una persona"),
        *("Ik wil met een medewerker spreken", "can i talk 2 sum1", "Ich will mich beschweren"),
    ],
)
async def test_a_person_is_asked_for_in_any_language(text: str) -> None:
    talk = Talk(handoff.skill)
    await talk.say(text)
    assert talk.muted
