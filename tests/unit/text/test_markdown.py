"""Words of others in what a bot says are read as words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text.markdown import as_words


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("new screen", "new screen"),
        ("**done** [here](http://evil.example)", r"\*\*done\*\* \[here\](http: //evil.example)"),
        ("<img src=x>", r"\<img src=x\>"),
        ("a_b `c` ~d~ |e", r"a\_b \`c\` \~d\~ \|e"),
        ("see HTTPS://evil.example now", "see HTTPS: //evil.example now"),
    ],
)
def test_marks_and_links_are_only_words(said: str, shown: str) -> None:
    assert as_words(said) == shown


@given(st.text(max_size=200))
def test_no_mark_is_left_that_a_client_would_read(text: str) -> None:
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]<>]", as_words(text))
