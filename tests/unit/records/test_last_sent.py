"""What a process remembers of the outbox: never more than it has seen leave."""

from shared.records import last_sent
from shared.records.last_sent import LastSent


def test_what_left_is_known_with_all_before_it_and_nothing_behind() -> None:
    known = LastSent()
    known.note("one", "outbox:000000000005")

    assert known.knows("one", "outbox:000000000004")
    assert known.knows("one", "outbox:000000000005")
    assert not known.knows("one", "outbox:000000000006")
    assert not known.knows("other", "outbox:000000000001")


def test_an_older_one_that_leaves_later_takes_nothing_back() -> None:
    known = LastSent()
    known.note("one", "outbox:000000000005")
    known.note("one", "outbox:000000000003")

    assert known.knows("one", "outbox:000000000005")


def test_it_forgets_those_it_sent_in_longest_ago() -> None:
    known = LastSent()
    for number in range(last_sent.MOST_CONVERSATIONS + 1):
        known.note(f"{number}", "outbox:000000000001")

    assert not known.knows("0", "outbox:000000000001")
    assert known.knows("1", "outbox:000000000001")
