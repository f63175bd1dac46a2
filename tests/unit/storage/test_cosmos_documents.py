"""Ids, containers and limits of the Cosmos store, without the service."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.activity import ConversationReference
from shared.errors import Conflict, PermanentError
from shared.ports.store import Create, Item, Put
from shared.records.dead_letter import UNREADABLE
from shared.storage.cosmos import documents
from shared.storage.cosmos.batch import Batch
from shared.storage.cosmos.queries import query

IDS = st.text(st.characters(exclude_categories=["Cs"]))
NEAR = st.text('!"#$-./01=>?@Z[\\]a')
"""The forbidden characters and those around them."""


@given(IDS | NEAR)
def test_an_id_survives(id: str) -> None:
    stored = documents.document_id(id)
    assert not set(stored) & set("/\\?#")
    assert documents.item_id(stored) == id


@given(NEAR, NEAR)
@example("a/", "a.")
@example("a.b", "a/")
def test_ids_keep_their_order_and_their_prefixes(one: str, other: str) -> None:
    first, second = documents.document_id(one), documents.document_id(other)
    assert (first < second) == (one < other)
    assert first.startswith(second) == one.startswith(other)


def test_usual_ids_are_stored_as_they_are() -> None:
    for id in ("conversation", "outbox:000000000001", "seen:0123abcd", "accepted:0f"):
        assert documents.document_id(id) == id


def test_a_conversation_has_a_partition_of_its_own_container() -> None:
    for channel in ("teams", "whatsapp", "web", "api"):
        reference = ConversationReference("help-desk.eu", channel, "19:abc@thread", tenant="t")
        assert documents.container(reference.key) == documents.CONVERSATIONS


@pytest.mark.parametrize("partition", [UNREADABLE, "subject:0f", "web:c1", f"token:{'a' * 64}"])
def test_what_conversations_share_lives_elsewhere(partition: str) -> None:
    assert documents.container(partition) == documents.SHARED


def test_a_document_is_indexed_without_what_was_said() -> None:
    policy = documents.DEFINITION["indexingPolicy"]
    assert {"path": "/body/*"} in policy["excludedPaths"]


def test_each_order_of_a_query_has_its_composite_index() -> None:
    indexes = documents.DEFINITION["indexingPolicy"]["compositeIndexes"]
    known = [[column["path"].strip("/") for column in index] for index in indexes]
    for everywhere in (False, True):
        for due_by in (None, 5.0):
            text = query("k:", "", due_by, 1.0, everywhere=everywhere)["query"]
            order = text.partition("ORDER BY ")[2].replace('c["partition"]', "c.partition")
            columns = [column.removeprefix("c.") for column in order.split(", ")]
            assert len(columns) == 1 or columns in known


def test_an_etag_says_when_its_document_expires() -> None:
    document = {"partition": "p", "id": "k", "body": {}, "_etag": '"x"', "expires": 10.5}
    kept: Item = documents.item(document)

    Batch.of("p", [Put("k", {}, etag=kept.etag)], now=10.4)
    with pytest.raises(Conflict):
        Batch.of("p", [Put("k", {}, etag=kept.etag)], now=10.5)


def test_a_condition_survives_being_sent() -> None:
    batch = Batch.of("p", [Put("k", {}, etag='"x"')], now=1.0)
    for _ in range(2):
        [step] = batch.steps
        *_, guard = step.operation()
        assert guard.pop("if_match_etag") == '"x"'


def test_one_document_over_the_limit_is_refused() -> None:
    with pytest.raises(PermanentError) as error:
        Batch.of("p", [Create("k", {"x": "y" * 2_000_000})], now=1.0)
    assert error.value.reason == "batch_too_large"
