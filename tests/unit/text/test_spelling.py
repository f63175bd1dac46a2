"""Typing errors are put right by the words of the articles; words that are right stay."""

import pytest

from shared.text.spelling import Spelling

SPELLING = Spelling(
    ["The warranty of the washing machine", "Delivery and returns", "a tablet for guests"]
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("warrenty", "warranty"),
        ("delivry", "delivery"),
        ("my wasching mashine", "my washing machine"),
        ("hwo long", "how long"),
        ("GUETS", "GUETS"),
        ("zug", "zug"),
    ],
)
def test_one_letter_or_two_are_put_right(typed: str, meant: str) -> None:
    assert SPELLING.corrected(typed) == meant


def test_a_word_that_somebody_knows_is_no_error() -> None:
    assert SPELLING.corrected("a table") == "a tablet"
    assert SPELLING.corrected("a table", {"table"}.__contains__) == "a table"


def test_a_long_text_is_left_alone() -> None:
    text = "warrenty " * 100
    assert SPELLING.corrected(text) == text
