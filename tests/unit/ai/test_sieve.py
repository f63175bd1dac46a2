"""What is looked for less often is found all the same."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ai.safety.needed import NOTHING, folded, parts_needed
from shared.ai.safety.sieve import Sieve
from shared.ai.safety.sign import sign
from shared.ai.safety.signs import SIGNS
from shared.ai.safety.signs_abroad import ABROAD
from shared.ai.safety.signs_of_orders import ORDERS
from shared.ai.safety.signs_of_ruses import RUSES
from tests.unit.ai.test_injection import HONEST, STEERING

ALL = (*SIGNS, *ORDERS, *RUSES, *ABROAD)
SIEVE = Sieve(ALL)

WORDS = sorted({word for text in (*STEERING, *HONEST) for word in re.findall(r"\s*\S+", text)})


def found_one_by_one(text: str) -> list[str]:
    return [one.name for one in ALL if any(one.is_shown_by(each, text) for each in one.patterns)]


def names(text: str) -> list[str]:
    return [one.name for one in SIEVE.signs_of(text)]


@pytest.mark.parametrize("spell", [str, str.upper, str.title])
def test_every_sign_is_found_that_looking_for_each_finds(spell: type[str]) -> None:
    for text in map(spell, (*STEERING, *HONEST)):
        assert sorted(names(text)) == sorted(found_one_by_one(text)), text


@given(st.lists(st.sampled_from(WORDS), min_size=3, max_size=24).map("".join))
def test_and_in_any_mixture_of_what_such_texts_say(text: str) -> None:
    assert sorted(names(text)) == sorted(found_one_by_one(text))


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (r"\bignore\b", {"ignore"}),
        (r"(?:drop|forget) (?:all|every)", {"drop", "forget"}),
        (r"\w+", NOTHING),
        (r"(?:rule|)x?", NOTHING),
        (r"(?:rules)?", NOTHING),
        (r"(?:ab)+c", {"ab"}),
        (r"now(?= you are)", {" you are"}),
        (r"one(?! you are)", {"one"}),
        (r"(?<!not )DAN", {"dan"}),
        (r"STRASSE|Straße", {"trasse"}),
        (r"(?i:Grün)e?", {"grün"}),
    ],
)
def test_what_a_pattern_needs_is_read_off_it(pattern: str, parts: set[str]) -> None:
    assert parts_needed(re.compile(pattern, re.IGNORECASE)) == parts


def test_no_spelling_that_ignores_case_escapes() -> None:
    letters = {char for part in ALL for each in part.patterns for char in folded(each.pattern)}
    any_of_them = re.compile(f"[{re.escape(''.join(letters))}]", re.IGNORECASE)
    spelt = [char for char in map(chr, range(sys.maxunicode)) if any_of_them.fullmatch(char)]
    assert "İ" in spelt
    for char in spelt:
        alike = re.compile(re.escape(char), re.IGNORECASE)
        for letter in letters:
            if alike.fullmatch(letter):
                assert folded(char) == folded(letter)


def test_a_sign_that_has_to_occur_often_is_counted() -> None:
    sieve = Sieve([sign("insists", 1.0, r"\bmust\b", times=3)])
    assert not sieve.signs_of("you must, you must")
    assert sieve.signs_of("you MUST, you must, you must")


def test_an_ordinary_question_is_searched_for_few_of_them() -> None:
    asked = sum(len(SIEVE._possible(folded(text))) for text in HONEST) / len(HONEST)
    patterns = sum(len(one.patterns) for one in ALL)
    assert asked < patterns / 10
