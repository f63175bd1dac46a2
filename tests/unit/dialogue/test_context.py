"""A message says by its words whether it goes on with what was said."""

import pytest

from shared.dialogue.context import completed, is_vague, leans


@pytest.mark.parametrize(
    "text",
    [
        "and for visitors?",
        "what about the evening",
        "how long does it take",
        "und am Wochenende?",
        "et pour les enfants ?",
        "kann ich sie umtauschen",
        "what happens now?",
    ],
)
def test_it_goes_on(text: str) -> None:
    assert leans(text)


@pytest.mark.parametrize(
    "text",
    [
        "Where do I park my car?",
        "is there a garage for bicycles",
        "Können Sie mir eine Rechnung schicken?",
        "",
        "and " * 30,
    ],
)
def test_it_stands_for_itself(text: str) -> None:
    assert not leans(text)


def test_what_was_asked_comes_before_what_is_added() -> None:
    assert completed("And for guests?", "When is lunch?") == "When is lunch for guests?"


def test_hardly_a_word_is_vague() -> None:
    assert is_vague("do you have it?")
    assert not is_vague("lunch for guests")
