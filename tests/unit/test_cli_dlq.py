"""Which dead letters a command means: those named, or all, and never by accident."""

import argparse

import pytest

from cli import dlq
from shared.dead_letter_desk import Letter
from shared.ports import Item

FOUND = [Letter(Item("one", f"dead:{id}", {}, "e")) for id in ("a", "b", "c")]


def chosen(*words: str) -> list[str] | None:
    parser = argparse.ArgumentParser()
    dlq.add_arguments(parser)
    letters = dlq._chosen(FOUND, parser.parse_args(words))
    return None if letters is None else [letter.id for letter in letters]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["redrive", "b"], ["b"]),
        (["discard", "c", "a"], ["a", "c"]),
        (["redrive", "--all"], ["a", "b", "c"]),
        (["show", "b"], ["b"]),
    ],
)
def test_those_that_are_meant_come_in_the_order_of_the_list(
    words: list[str], ids: list[str]
) -> None:
    assert chosen(*words) == ids


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["redrive"], "which one? name its id, or --all"),
        (["show"], "which one? name its id"),
        (["redrive", "b", "x", "y"], "no dead letter x, y, or --all"),
        (["discard", "b", "--all"], "these, or all of them? name ids, or --all"),
    ],
)
def test_otherwise_nothing_moves_and_the_error_says_what_to_write(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chosen(*words) is None
    assert capsys.readouterr().err == f"error: {why} (botfabric dlq list)\n"
