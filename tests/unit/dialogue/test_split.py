"""What asks for two things is two questions; what only tells of one is none of its own."""

import pytest

from shared.dialogue.split import asks, clauses, questions


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("When is lunch and how can I pay?", ["When is lunch", "how can I pay?"]),
        (
            "I want to return a jacket, also how long does a refund take",
            ["I want to return a jacket", "how long does a refund take"],
        ),
        (
            "Wie lange dauert der Versand und wo ist der Laden?",
            ["Wie lange dauert der Versand", "wo ist der Laden?"],
        ),
        (
            "Where is the canteen? And is there a garage?",
            ["Where is the canteen?", "is there a garage?"],
        ),
        ("How long does it take and who approves it?", []),
        ("Black and white prints", []),
        ("I have lost it. What now?", []),
        ("ein Ticket erstellen", []),
    ],
)
def test_parts_that_stand_alone_are_cut_and_their_words_stay_whole(
    text: str, parts: list[str]
) -> None:
    assert questions(text) == (parts or [text])


@pytest.mark.parametrize(
    ("part", "does"),
    [
        ("how can I pay", True),
        ("ich brauche einen Stuhl", True),
        ("quiero una silla", True),
        ("the garage?", True),
        ("my name is Ann", False),
        ("es regnet", False),
    ],
)
def test_a_part_asks_or_tells(part: str, does: bool) -> None:
    assert asks(part) is does


def test_only_a_long_message_has_pieces() -> None:
    assert clauses("the door is shut, help") == []
    assert clauses("I came late today because the train stood still, and the door was shut") == [
        "I came late today",
        "the train stood still",
        "the door was shut",
    ]
