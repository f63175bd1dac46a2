"""Who wants a person, or no bot, is heard in every language."""

import pytest

from shared.dialogue.person_wish import wants_person


@pytest.mark.parametrize(
    "text",
    [
        "I do not want to chat with a robot",
        "nicht mit einem Bot, bitte",
        "je ne veux pas parler à un bot",
        "Let me speak to somebody",
        "agent please",
    ],
)
def test_a_person_is_wanted(text: str) -> None:
    assert wants_person(text)


@pytest.mark.parametrize("text", ["my colleague is ill", "the robot vacuum is new", "no"])
def test_people_are_only_spoken_of(text: str) -> None:
    assert not wants_person(text)
