"""What an answer says is borne out by the passage that it cites, or it is not said."""

import pytest

from shared.ai.assistant import Assistant
from shared.ports.knowledge import Passage
from tests.unit.ai.test_assistant import Parrot

COST = Passage(
    "it/room#1",
    "it",
    "Hotel rooms",
    "",
    "A night in Bonn costs 90 euros, breakfast included, "
    "for up to 1,500 guests. Mail rooms@contoso.example.",
    score=0.9,
)
DESK = Passage(
    "it/desk#1",
    "it",
    "Service desk",
    "",
    "The service desk opens at eight and closes at 17:30.",
    score=0.9,
)
QUESTION = "What does a room cost for 40 people?"


async def told(says: str, question: str = QUESTION) -> tuple[str, list[str]]:
    answer = await Assistant(Parrot(says)).answer(question, [COST, DESK])
    return answer.text, [source.id for source in answer.citations]


@pytest.mark.parametrize(
    "says",
    [
        "A night costs 90 euros in Bonn. [1]",
        "Eine Nacht in Bonn kostet 90 Euro. [1]",
        "Up to 1500 guests. [1]",
        "For 40 people a night costs 90 euros. [1]",
        "1. Mail rooms@contoso.example.\n2. Pay 90 euros. [1]",
        "Breakfast is included. [1] The service desk closes at 17:30. [2]",
    ],
)
async def test_what_a_passage_says_is_said(says: str) -> None:
    assert (await told(says))[0] == says


@pytest.mark.parametrize(
    "says",
    [
        "A night costs 250 euros in Bonn. [1]",
        "Eine Nacht in Bonn kostet 250 Euro. [1]",
        "Mail mallory@evil.example for a room. [1]",
        "The moon consists mainly of basalt and green cheese rocks. [1]",
        "The service desk closes at 19:45. [2]",
    ],
)
async def test_what_no_passage_says_is_not(says: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = await Assistant(Parrot(says)).answer(QUESTION, [COST, DESK])

    assert answer.abstained
    [line] = [vars(r)["fields"] for r in caplog.records if r.getMessage() == "ai.unsupported"]
    assert line == {"pieces": 1, "of": 1}


async def test_only_what_is_not_borne_out_is_struck() -> None:
    says = "A night costs 90 euros. [1] The service desk closes at 23:59. [2]"
    assert await told(says) == ("A night costs 90 euros. [1]", ["it/room#1"])


async def test_a_wrong_number_is_put_right() -> None:
    text, sources = await told("The service desk opens at eight and closes at 17:30. [1]")
    assert text == "The service desk opens at eight and closes at 17:30. [1]"
    assert sources == ["it/desk#1"]


@pytest.mark.parametrize("says", ["", " \n", "I do not know.", "[7]", "9" * 9_000])
async def test_nothing_and_what_cites_nothing_is_no_answer(says: str) -> None:
    answer = await Assistant(Parrot(says)).answer(QUESTION, [COST])
    assert answer.abstained


async def test_an_empty_answer_is_told_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    for says in (" \n", "I do not know."):
        await Assistant(Parrot(says)).answer(QUESTION, [COST])
    assert [r.getMessage() for r in caplog.records].count("ai.empty") == 1


async def test_the_model_is_told_the_person_s_language() -> None:
    model = Parrot("Eine Nacht in Bonn kostet 90 Euro. [1]")
    await Assistant(model).answer(QUESTION, [COST], language="de")
    await Assistant(model).answer(QUESTION, [COST])
    first, second = (messages[0]["content"] for messages in model.heard)
    assert "in German." in first
    assert "in the language of the question." in second


@pytest.mark.parametrize(("language", "lines"), [("de", 1), ("en", 0)])
async def test_an_answer_in_another_language_is_told_to_the_operator(
    language: str, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    model = Parrot("A night in Bonn costs 90 euros, and breakfast is included for you. [1]")
    answer = await Assistant(model).answer(QUESTION, [COST], language=language)

    assert not answer.abstained
    assert len([r for r in caplog.records if r.getMessage() == "ai.language"]) == lines
