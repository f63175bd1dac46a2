"""Markdown as WhatsApp writes it, and texts cut where a reader would cut them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.channels.whatsapp.text import formatted
from shared.text.graphemes import border, ending, pieces, truncated

FAMILY, THUMB, FLAG = "👩‍👩‍👧", "👍🏽", "🇩🇪"
CLUSTERS = ["a", "é", FAMILY, THUMB, FLAG, " ", "\n", "\r\n", ". ", "각", "❤️"]
texts = st.lists(st.sampled_from(CLUSTERS)).map("".join)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**bold** and __bold__", "*bold* and *bold*"),
        ("*italic* and _italic_", "_italic_ and _italic_"),
        ("***both***", "*_both_*"),
        ("~~gone~~", "~gone~"),
        ("# Title\ntext", "*Title*\ntext"),
        ("### **Title** ###", "*Title*"),
        (
            "see [the policy](https://x.example/a_(b)_c)",
            "see the policy (https://x.example/a_(b)_c)",
        ),
        ("[https://x.example](https://x.example)", "https://x.example"),
        ("![chart](https://x.example/a.png)", "chart (https://x.example/a.png)"),
        ("<https://x.example/a__b__c>", "https://x.example/a__b__c"),
        ("https://x.example/**a**?b=*c*", "https://x.example/**a**?b=*c*"),
        ("`**code**`", "`**code**`"),
        ("```python\n**x** = 1\n```", "```\n**x** = 1\n```"),
        ("```**x**```", "```**x**```"),
        ("2 * 3 * 4 and a*b*c", "2 * 3 * 4 and a*b*c"),
        ("* item\n* item", "* item\n* item"),
        ("- **one**: two", "- *one*: two"),
        ("snake__case__name", "snake__case__name"),
        ("as said [1] and [2].", "as said [1] and [2]."),
        ("** not bold **", "** not bold **"),
        ("", ""),
    ],
)
def test_markdown_becomes_whatsapp_markup(markdown: str, expected: str) -> None:
    assert formatted(markdown) == expected


@given(st.text(alphabet="ab *_~`#[]()<>!\n:/hts.", max_size=200))
def test_formatting_never_makes_a_text_longer(text: str) -> None:
    assert len(formatted(text)) <= len(text)


def test_a_text_is_cut_at_the_best_border_within_the_limit() -> None:
    assert pieces("one two. three\n\nfour five", 18) == ["one two. three\n\n", "four five"]
    assert pieces("one two. three four", 14) == ["one two. ", "three four"]
    assert pieces("onetwothree", 4) == ["onet", "woth", "ree"]
    assert pieces("", 4) == [""]


@given(texts, st.integers(min_value=12, max_value=40))
def test_pieces_are_the_text_and_tear_no_character(text: str, limit: int) -> None:
    found = pieces(text, limit)

    assert "".join(found) == text
    assert all(len(piece) <= limit for piece in found)
    at = 0
    for piece in found:
        assert border(text, at)
        at += len(piece)


@given(texts, st.integers(min_value=12, max_value=40))
def test_an_ending_is_the_end_and_tears_no_character(text: str, limit: int) -> None:
    end = ending(text, limit)

    assert text.endswith(end)
    assert len(end) <= limit
    assert border(text, len(text) - len(end))
    assert end or not text


@pytest.mark.parametrize("cluster", ["é", FAMILY, THUMB, FLAG, "❤️", "각", "\r\n", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_what_reads_as_one_character_has_no_border_inside(cluster: str) -> None:
    text = f"a{cluster}b"

    assert [at for at in range(1, len(text)) if border(text, at)] == [1, len(text) - 1]


def test_flags_are_told_apart() -> None:
    assert [at for at in range(1, 6) if border(FLAG * 3, at)] == [2, 4]


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("too long", 5, "too…"),
        ("abcdefgh", 5, "abcd…"),
        (f"abc{FAMILY}", 6, "abc…"),
    ],
)
def test_a_title_is_shortened_with_an_ellipsis(text: str, limit: int, expected: str) -> None:
    assert truncated(text, limit) == expected


def test_a_character_longer_than_the_limit_is_torn_rather_than_lost() -> None:
    text = "a" + "\N{COMBINING ACUTE ACCENT}" * 50

    assert "".join(pieces(text, 20)) == text


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**a *b* c**", "*a _b_ c*"),
        ("*a **b** c*", "_a *b* c_"),
        ("*a **b***", "_a *b*_"),
        ("**a *b***", "*a _b_*"),
        ("~~a **b** c~~", "~a *b* c~"),
        ("**a [b](https://x.example) c**", "*a b (https://x.example) c*"),
        ("**a** and **b**", "*a* and *b*"),
        (r"\*x\*", "*x*"),
        (r"5 \* 3 \_not\_ \[a\]\(b\)", "5 * 3 _not_ [a](b)"),
        (r"`\*x\*`", r"`\*x\*`"),
        (r"C:\temp", r"C:\temp"),
    ],
)
def test_marks_in_marks_and_escaped_marks_are_read(markdown: str, shown: str) -> None:
    assert formatted(markdown) == shown
