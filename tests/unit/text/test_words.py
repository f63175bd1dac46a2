from hypothesis import given
from hypothesis import strategies as st

from shared.text.words import LONGEST, stem, terms, words


def test_case_accents_and_apostrophes_do_not_matter() -> None:
    assert words("Can't open the CAFÉ door_3") == ["cant", "open", "the", "cafe", "door", "3"]


def test_inflections_share_a_stem() -> None:
    for family in (["claim", "claims", "claimed", "claiming"], ["policy", "policies"]):
        assert len({stem(word) for word in family}) == 1
    assert stem("access") == "access"


def test_stop_words_are_no_terms_unless_there_is_nothing_else() -> None:
    assert terms("how do I reset the router") == ["reset", "router"]
    assert terms("who are you") == ["who", "are", "you"]


@given(st.text())
def test_any_text_has_short_words(text: str) -> None:
    assert all(0 < len(word) <= LONGEST for word in words(text))
