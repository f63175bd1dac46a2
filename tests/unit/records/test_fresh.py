"""What a process remembers of conversations is what is stored, or nothing."""

from shared.ports.store import Item, Put
from shared.records import fresh
from shared.records.conversation import DOCUMENT
from shared.records.fresh import Fresh


def document(key: str, etag: str, words: str = "hello") -> Item:
    return Item(key, DOCUMENT, {"state": {"echo": {"words": words}}}, etag)


def test_a_document_is_known_by_its_etag_alone() -> None:
    known = Fresh()
    known.keep(document("one", "1"))
    known.keep(document("one", "2"))

    assert known.as_of("one", "1") is None
    assert known.as_of("one", "") is None
    assert known.as_of("two", "2") is None
    assert known.as_of("one", "2") == document("one", "2")


def test_nobody_changes_what_is_remembered() -> None:
    known = Fresh()
    known.keep(document("one", "1"))
    [first, second] = [known.as_of("one", "1") for _ in range(2)]
    assert first is not None

    first.body["state"]["echo"]["words"] = "changed"

    assert second == known.as_of("one", "1") == document("one", "1")


def test_what_was_written_is_known_once_the_store_names_its_etag() -> None:
    known, op = Fresh(), Put(DOCUMENT, {"state": {}}, etag="1")

    known.keep_written("one", op, "2")
    assert known.as_of("one", "2") == Item("one", DOCUMENT, {"state": {}}, "2")
    known.keep_written("one", op, "")

    assert known.as_of("one", "2") is None


def test_only_so_many_and_none_that_is_large_are_remembered() -> None:
    known = Fresh()
    known.keep(document("large", "1", "x" * fresh.MOST_CHARACTERS))
    assert known.as_of("large", "1") is None

    for number in range(fresh.MOST_CONVERSATIONS + 1):
        known.keep(document(str(number), "1"))

    assert known.as_of("0", "1") is None
    assert known.as_of(str(fresh.MOST_CONVERSATIONS), "1") is not None
