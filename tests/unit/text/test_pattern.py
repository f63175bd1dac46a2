"""A pattern is compiled once, by its first use, and then is what `re` makes of it."""

import re

from shared.text.pattern import Pattern


def test_it_does_what_re_does() -> None:
    text = r"(?:and|or)\b"
    lazy, eager = Pattern(text, re.IGNORECASE), re.compile(text, re.IGNORECASE)

    for said in ("And then", "this or that", "oregano", "or", ""):
        assert bool(lazy.search(said)) == bool(eager.search(said))
        assert bool(lazy.match(said)) == bool(eager.match(said))
        assert bool(lazy.fullmatch(said)) == bool(eager.fullmatch(said))
        assert lazy.split(said) == eager.split(said)
        assert lazy.sub("", said, count=1) == eager.sub("", said, count=1)


def test_it_is_compiled_by_its_first_use_and_never_again() -> None:
    lazy = Pattern("a")
    assert "compiled" not in vars(lazy)

    assert lazy.search("an apple")
    once = lazy.compiled
    assert lazy.match("apple")

    assert vars(lazy)["compiled"] is once
