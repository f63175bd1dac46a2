"""What a stranger writes reaches prompt, transcript and names without what nobody sees."""

import pytest

from shared.text.clean import cleaned, one_line


@pytest.mark.parametrize(
    "unseen",
    [
        *("\x00", "\x07", "\x1b", "\r", "\x7f", "\x85", "\x9b"),
        *("\u200b", "\u2060", "\ufeff", "\u202a", "\u202e", "\u2066", "\u2069", "\ufff9"),
        *("\U000e0001", "\U000e0041", "\U000e007f", "\U000e0100"),
    ],
)
def test_what_is_not_seen_goes(unseen: str) -> None:
    assert cleaned(f"a{unseen}b") == "ab"
    assert one_line(f"a{unseen}b", 10) == "ab"


@pytest.mark.parametrize(
    "kept",
    ["one\ntwo\tthree", "👩‍👩‍👧", "❤️", "می‌خواهم", "שלום\u200f!", "Grüße", "नमस्ते"],
)
def test_what_scripts_and_emoji_need_stays(kept: str) -> None:
    assert cleaned(kept) == kept


def test_text_is_composed_and_lines_end_alike() -> None:
    assert cleaned("Gru\u0308ße\r\n") == "Grüße\n"


def test_a_name_is_one_short_line() -> None:
    assert one_line(" Ann\nLee ", 5) == "AnnLe"
