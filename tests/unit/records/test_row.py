"""Which of what was accepted is unfinished, by the numbers alone."""

import pytest

from shared.records.row import MOST_OPEN, Row


def test_what_the_row_does_not_know_of_is_unfinished() -> None:
    row = Row(last=3)

    assert [number for number in range(1, 6) if row.is_open(number)] == [4, 5]


def test_one_that_is_finished_before_earlier_ones_leaves_them_open() -> None:
    row = Row(last=3)

    row.finish(6)
    assert (row.last, row.open) == (6, [4, 5])
    row.finish(4)
    row.finish(4)
    row.finish(0)

    assert (row.last, row.open) == (6, [5])


def test_a_finished_one_can_be_opened_again_once() -> None:
    row = Row(last=3)

    row.open_again(2)
    row.open_again(2)
    row.open_again(7)

    assert row.open == [2]


def test_a_row_begun_anew_keeps_no_more_open_than_may_wait() -> None:
    row = Row()

    row.finish(10_000)

    assert (row.last, len(row.open)) == (10_000, MOST_OPEN)


@pytest.mark.parametrize(("written", "asks"), [(0.0, True), (5.0, True), (4.0, True), (6.0, False)])
def test_only_what_is_no_newer_may_be_a_copy(written: float, asks: bool) -> None:
    row = Row()
    row.finish(1, written=5.0)

    assert row.may_know(written) is asks


@pytest.mark.parametrize("row", [Row(), Row(3), Row(3, [1], 5.0)])
def test_it_is_read_as_it_was_stored(row: Row) -> None:
    assert Row.from_dict(row.to_dict()) == row
