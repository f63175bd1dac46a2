"""What Cosmos DB is asked: no word of a question and no reader is part of a query's text."""

from shared.indexes.codec import to_gates
from shared.indexes.cosmos import documents
from shared.indexes.cosmos.container import definition, dimensions_of
from shared.ports.index import Query

HELD = frozenset({"it's", "a) OR (true", "@p0", ""})
QUERY = Query('the code\', "or" else', frozenset({"it"}), HELD, [0.25, 0.5], 7)


def test_what_is_said_and_held_are_parameters_alone() -> None:
    words, meaning = documents.by_words(QUERY), documents.by_meaning(QUERY, [0.25, 0.5])

    assert words is not None
    for text in (words.text, meaning.text):
        assert not any(said in text for said in ("code", "else", "it's", "true)", "'", "0.25"))
    assert [words.values[name] for name in ("w0", "w1")] == ["code", "else"]
    assert [meaning.values[name] for name in ("limit", "vector")] == [7, [0.25, 0.5]]


def test_readers_come_before_every_ranking_and_an_empty_name_is_nobody() -> None:
    asked = documents.by_meaning(QUERY, [0.25, 0.5])

    before, _, after = asked.text.partition("ORDER BY")
    assert before.count("ARRAY_CONTAINS(c.principals, ") == len(HELD)  # three and everybody
    assert before.count("ARRAY_CONTAINS(c.folder_principals, ") == len(HELD)
    assert "principals" not in after
    held = [asked.values[f"p{number}"] for number in range(len(HELD))]
    assert held == ["", "@p0", "a) OR (true", "it's"]


def test_a_question_without_a_word_is_not_asked_for_words() -> None:
    assert documents.by_words(Query("?!", frozenset({"it"}))) is None


def test_more_gates_than_two_are_narrowed_and_never_widened() -> None:
    ab, bc, c = frozenset("ab"), frozenset("bc"), frozenset("c")

    assert to_gates(()) == (None, None)
    assert to_gates((ab,)) == (ab, None)
    assert to_gates((ab, bc)) == (bc, ab)
    assert to_gates((ab, bc, c)) == (frozenset("c"), ab)


def test_a_container_says_what_vectors_it_was_made_for() -> None:
    assert dimensions_of(definition(1536)) == 1536
    assert dimensions_of(definition(0)) == 0
    assert "vectorIndexes" not in definition(0)["indexingPolicy"]
