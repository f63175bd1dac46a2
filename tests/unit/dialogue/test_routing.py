"""Ranking by words, and the three outcomes of a ranking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ai.assistant import Assistant
from shared.ai.offline import OfflineModel
from shared.ai.ranking import Choice, Ranked, Ranker
from shared.dialogue.routing import NoneFits, Offer, Route, decide, rank
from shared.skill import Skill

SKILLS = [
    Skill(
        "tickets",
        "Opens and follows up tickets",
        ["open a ticket", "ticket status"],
        ["My laptop is broken", "I want to report a problem"],
    ),
    Skill(
        "rooms",
        "Books meeting rooms",
        ["book a room", "cancel a booking"],
        ["Is a room free at ten?", "Reserve a room for six people"],
    ),
    Skill(
        "travel",
        "Books trips and hotels",
        ["book a flight", "book a hotel"],
        ["I need a train to Berlin", "Find me a hotel in Paris"],
    ),
]
AI = Assistant(OfflineModel())
RANKER = Ranker([Choice(s.name, s.description, tuple(s.capabilities)) for s in SKILLS])


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("my screen is broken", "tickets"),
        ("a room for four at noon please", "rooms"),
        ("hotel in Rome", "travel"),
        ("HOTELL IN PARISS", "travel"),
        ("the notebook is defective", "tickets"),
    ],
)
async def test_a_message_finds_its_skill(text: str, skill: str) -> None:
    assert await rank(AI, text, SKILLS) == Route(skill)


async def test_a_message_that_fits_two_offers_both() -> None:
    outcome = await rank(AI, "I want to book", SKILLS)
    assert isinstance(outcome, Offer)
    assert {outcome.first, outcome.second} == {"rooms", "travel"}


@pytest.mark.parametrize("text", ["who invented the telephone", "", "???", "天气怎么样", "ok"])
async def test_a_message_about_something_else_fits_none(text: str) -> None:
    assert await rank(AI, text, SKILLS) == NoneFits()


async def test_a_bot_without_other_skills_fits_none() -> None:
    assert await rank(AI, "book a room", []) == NoneFits()


@pytest.mark.parametrize(
    ("scores", "outcome"),
    [
        ((0.8, 0.1), Route("a")),
        ((0.5, 0.4), Offer("a", "b")),
        ((0.3, 0.0), NoneFits()),
        ((0.9,), Route("a")),
    ],
)
def test_confidence_and_lead_decide(
    scores: tuple[float, ...], outcome: Route | Offer | NoneFits
) -> None:
    names = "ab"[: len(scores)]
    assert decide([Ranked(n, s) for n, s in zip(names, scores, strict=True)]) == outcome


@given(st.text())
def test_scores_are_shares_and_sorted(text: str) -> None:
    scores = [ranked.score for ranked in RANKER.rank(text)]
    assert scores == sorted(scores, reverse=True)
    assert all(score >= 0 for score in scores)
    assert sum(scores) <= 1


def test_the_same_text_gives_the_same_ranking() -> None:
    assert RANKER.rank("book something") == RANKER.rank("book something")


def test_only_the_beginning_of_an_endless_text_counts() -> None:
    assert RANKER.rank("book a room " * 200 + "hotel" * 9) == RANKER.rank("book a room " * 10_000)
