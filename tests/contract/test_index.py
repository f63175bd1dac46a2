"""What every index of passages promises. A new one joins by a line in `indexes`."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import ConfigurationError
from shared.ports.index import Chunk, PassageIndex, Query, Stamp, State
from shared.ports.knowledge import Access, Passage
from tests.contract.indexes import INDEXES, Open

EAST, NORTH, WEST = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0)
HR, LEGAL = "5f0f9e8e-6b0e-4f0e-9b39-0f8d4d2a7a11", "o'neil | partners, ltd"
ALL = frozenset({"it", "hr"})


@pytest.fixture(params=INDEXES)
async def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Open a client of one and the same index, begun for a model; closed at the end."""
    async with INDEXES[request.param](tmp_path) as open, AsyncExitStack() as opened:

        def opening() -> PassageIndex:
            index = open()
            opened.push_async_callback(index.close)
            return index

        await opening().begin("model-a", 3)
        yield opening


@pytest.fixture
def index(open_index: Open) -> PassageIndex:
    return open_index()


def chunk(
    id: str,
    text: str,
    *,
    vector: tuple[float, ...] | None = None,
    access: Access = (),
    title: str = "Title",
) -> Chunk:
    passage = Passage(id, id.partition("/")[0], title, "", text, access=access)
    return Chunk(passage, f"digest of {text}", vector=vector)


async def found(
    index: PassageIndex,
    text: str,
    *held: str,
    vector: tuple[float, ...] | None = None,
    collections: frozenset[str] = ALL,
    refused: bool = False,
) -> list[str]:
    query = Query(text, collections, frozenset(held), vector, 10, refused)
    return [chunk.id for chunk in await index.search(query)]


# --- put and find ------------------------------------------------------------------------------


async def test_a_chunk_comes_back_as_it_was(index: PassageIndex) -> None:
    passage = Passage(
        "it/vpn-größe#12",
        "it",
        "VPN für „alle“",
        "Größe",
        "Wähle\n\n- das *VPN* 你好 👩‍👧",
        "https://intranet.contoso.example/it/vpn",
        access=(frozenset({HR, LEGAL}), frozenset({"signed-in"})),
        asked=("Wie groß?", "How large?"),
        path=("Netz", "Größe"),
    )
    put = Chunk(passage, "digest", 7, "de", EAST, "1:AAAA")

    await index.put([put])

    [same] = await index.article("it/vpn-größe", frozenset({HR, "signed-in"}))
    assert same == put
    assert same.views == put.views


async def test_words_find_what_has_them(index: PassageIndex) -> None:
    await index.put([chunk("it/vpn#1", "Install the client."), chunk("it/wifi#1", "Join guests.")])

    assert await found(index, "how do I install it?") == ["it/vpn#1"]
    assert await found(index, "zebra") == []
    assert await found(index, "") == []


@pytest.mark.parametrize("text", ['"', "a AND (b", "x:y*", "' OR 1=1", "install~9", "\\", "+-||!"])
async def test_a_question_is_no_query_language(index: PassageIndex, text: str) -> None:
    await index.put([chunk("it/vpn#1", "Install the client.")])

    assert await found(index, text) in ([], ["it/vpn#1"])
    assert await found(index, f"{text} client") == ["it/vpn#1"]


async def test_meaning_finds_what_is_near_without_a_common_word(index: PassageIndex) -> None:
    await index.put(
        [
            chunk("it/vpn#1", "Install the client.", vector=EAST),
            chunk("it/wifi#1", "Join guests.", vector=NORTH),
        ]
    )

    assert (await found(index, "tunnel", vector=(0.9, 0.1, 0.0)))[0] == "it/vpn#1"
    assert (await found(index, "tunnel", vector=(0.1, 0.9, 0.0)))[0] == "it/wifi#1"


async def test_what_words_and_meaning_both_find_comes_first(index: PassageIndex) -> None:
    await index.put(
        [
            chunk("it/near#1", "Join guests.", vector=EAST),
            chunk("it/said#1", "A printer.", vector=WEST),
            chunk("it/both#1", "Printer, printer.", vector=(0.8, 0.6, 0.0)),
        ]
    )

    assert (await found(index, "printer", vector=EAST))[0] == "it/both#1"


async def test_without_a_vector_words_decide_and_such_chunks_are_found(index: PassageIndex) -> None:
    await index.put([chunk("it/vpn#1", "Install the client."), chunk("it/new#1", "New client.")])

    assert set(await found(index, "client", vector=EAST)) == {"it/vpn#1", "it/new#1"}
    assert set(await found(index, "client")) == {"it/vpn#1", "it/new#1"}


async def test_only_the_collections_that_are_asked_for_are_searched(index: PassageIndex) -> None:
    await index.put([chunk("it/a#1", "the client"), chunk("hr/a#1", "the client", vector=EAST)])

    assert await found(index, "client", collections=frozenset({"it"})) == ["it/a#1"]
    assert await found(index, "x", vector=EAST, collections=frozenset({"it"})) == []
    assert await found(index, "client", collections=frozenset()) == []


async def test_no_more_than_asked_for_are_found(index: PassageIndex) -> None:
    await index.put([chunk(f"it/a{n}#1", "the client", vector=EAST) for n in range(20)])

    assert len(await found(index, "client", vector=EAST)) == 10


async def test_the_chunks_of_an_article_come_in_their_order(index: PassageIndex) -> None:
    await index.put([chunk(f"it/a#{n}", f"part {n}") for n in (10, 2, 1)])
    await index.put([chunk("it/a-b#1", "another"), chunk("it/ab#1", "another")])

    assert [c.id for c in await index.article("it/a", frozenset())] == [
        "it/a#1",
        "it/a#2",
        "it/a#10",
    ]
    assert await index.article("it/none", frozenset()) == []


# --- who may read ------------------------------------------------------------------------------


async def test_what_is_shut_is_found_in_no_way(index: PassageIndex) -> None:
    shut = (frozenset({HR}),)
    await index.put(
        [
            chunk("hr/bands#1", "the bands", vector=EAST, access=shut, title="Bands"),
            chunk("hr/leave#1", "the leave", vector=NORTH, title="Leave"),
        ]
    )

    for held in ((), ("signed-in",), ("another",), (HR.upper(),), (f"{HR},x",)):
        assert await found(index, "bands", *held, vector=EAST) == ["hr/leave#1"]
        assert await index.article("hr/bands", frozenset(held)) == []
        assert await index.titles(ALL, frozenset(held)) == ["Leave"]
    assert (await found(index, "bands", "signed-in", HR, vector=EAST))[0] == "hr/bands#1"
    assert await index.titles(ALL, frozenset({HR})) == ["Bands", "Leave"]


async def test_what_is_shut_takes_no_place_of_what_is_open(index: PassageIndex) -> None:
    shut = (frozenset({HR}),)
    await index.put(
        [chunk(f"hr/s{n}#1", "bands " * 9, vector=EAST, access=shut) for n in range(40)]
    )
    await index.put([chunk("hr/open#1", "a word on bands", vector=NORTH)])

    assert await found(index, "bands", vector=EAST) == ["hr/open#1"]


async def test_nobody_reads_what_is_open_to_nobody(index: PassageIndex) -> None:
    await index.put([chunk("hr/a#1", "bands", access=(frozenset(),))])

    assert await found(index, "bands", "signed-in", HR, "") == []


async def test_what_was_refused_is_found_for_the_record_alone(index: PassageIndex) -> None:
    await index.put([chunk("hr/a#1", "bands", access=(frozenset({HR}),)), chunk("hr/b#1", "bands")])

    assert await found(index, "bands", refused=True) == ["hr/a#1"]
    assert await found(index, "bands", HR, refused=True) == []


async def test_access_is_changed_and_nothing_else(index: PassageIndex) -> None:
    await index.put([chunk("hr/a#1", "bands", vector=EAST), chunk("hr/b#1", "bands")])
    assert len(await found(index, "bands")) == 2

    await index.admit({"hr/a#1": (frozenset({HR}), frozenset({LEGAL}))})

    assert await found(index, "bands", vector=EAST) == ["hr/b#1"]
    assert await found(index, "bands", HR) == ["hr/b#1"]
    assert (await found(index, "x", HR, LEGAL, vector=EAST))[0] == "hr/a#1"
    assert (await index.kept())["hr/a#1"] == Stamp(
        "digest of bands", (frozenset({HR}), frozenset({LEGAL})), True
    )


GROUPS = ["a", "b", "it's | c", "signed-in"]
SECRETS = [f"canary{number}" for number in range(5)]
access = st.lists(st.sets(st.sampled_from(GROUPS)).map(frozenset), max_size=2).map(tuple)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    grants=st.lists(access, min_size=5, max_size=5),
    held=st.sets(st.sampled_from(GROUPS)).map(frozenset),
    again=st.lists(access, min_size=5, max_size=5),
)
async def test_whatever_is_granted_only_what_is_open_is_found(
    index: PassageIndex, grants: list[Access], held: frozenset[str], again: list[Access]
) -> None:
    ids = [f"hr/a{number}#1" for number in range(len(SECRETS))]
    await index.put(
        [
            chunk(id, f"parking {secret}", vector=EAST, access=grant, title=secret)
            for id, secret, grant in zip(ids, SECRETS, grants, strict=True)
        ]
    )
    for now in (grants, again):
        await index.admit(dict(zip(ids, now, strict=True)))
        may = {id for id, grant in zip(ids, now, strict=True) if all(one & held for one in grant)}

        assert set(await found(index, "parking", *held, vector=EAST)) == may
        assert set(await found(index, " ".join(SECRETS), *held)) == may
        assert set(await found(index, "parking", *held, refused=True)) == set(ids) - may
        assert {f"hr/a{SECRETS.index(t)}#1" for t in await index.titles(ALL, held)} == may


# --- sync --------------------------------------------------------------------------------------


async def test_what_is_kept_says_what_a_sync_has_to_know(index: PassageIndex) -> None:
    await index.put([chunk("it/a#1", "one", vector=EAST), chunk("hr/b#1", "two")])

    assert await index.kept() == {
        "it/a#1": Stamp("digest of one", (), True),
        "hr/b#1": Stamp("digest of two", (), False),
    }


async def test_many_chunks_are_kept_and_told_of_all(index: PassageIndex) -> None:
    chunks = [chunk(f"it/a#{n}", "text " * 50, vector=EAST) for n in range(1, 2102)]

    await index.put(chunks)

    assert set(await index.kept()) == {one.id for one in chunks}


async def test_a_chunk_replaces_the_one_with_its_id(index: PassageIndex) -> None:
    await index.put([chunk("it/a#1", "old words", vector=EAST)])
    await index.put([chunk("it/a#1", "new text")])

    assert await found(index, "words", vector=EAST) == []
    assert await found(index, "text") == ["it/a#1"]
    assert (await index.kept())["it/a#1"].has_vector is False


async def test_what_was_removed_is_found_in_no_way(index: PassageIndex) -> None:
    await index.put([chunk("it/a#1", "one", vector=EAST), chunk("it/a#2", "two", vector=EAST)])

    await index.remove(["it/a#1", "it/absent#1"])

    assert await found(index, "one", vector=EAST) == ["it/a#2"]
    assert [c.id for c in await index.article("it/a", frozenset())] == ["it/a#2"]
    assert list(await index.kept()) == ["it/a#2"]


async def test_another_client_sees_what_was_written(open_index: Open) -> None:
    one, other = open_index(), open_index()
    await one.put([chunk("it/a#1", "one", vector=EAST)])
    assert await found(other, "x", vector=EAST) == ["it/a#1"]

    await one.admit({"it/a#1": (frozenset({HR}),)})
    await one.put([chunk("it/b#1", "two", vector=EAST)])
    assert await found(other, "one", vector=EAST) == ["it/b#1"]

    await one.remove(["it/b#1"])
    assert await found(other, "two", vector=EAST) == []


async def test_an_index_knows_its_model_and_refuses_another(open_index: Open) -> None:
    assert (await open_index().state()).model == "model-a"

    with pytest.raises(ConfigurationError, match=r"model-a.*model-b.*--rebuild"):
        await open_index().begin("model-b", 3)
    await open_index().begin("model-a", 3)
    await open_index().begin("", 0)

    assert (await open_index().state()).model == "model-a"


async def test_a_sync_is_whole_from_its_end_to_the_next_ones_beginning(index: PassageIndex) -> None:
    assert await index.state() == State("model-a", "")
    await index.seal("abc")
    assert await index.state() == State("model-a", "abc")
    await index.begin("model-a", 3)
    assert await index.state() == State("model-a", "")


async def test_a_cleared_index_is_empty_and_takes_another_model(index: PassageIndex) -> None:
    await index.put([chunk("it/a#1", "one", vector=EAST)])

    await index.clear()
    await index.begin("model-b", 2)

    assert await index.kept() == {}
    await index.put([replace(chunk("it/a#1", "one"), vector=(1.0, 0.0))])
    assert await found(index, "x", vector=(1.0, 0.0)) == ["it/a#1"]


async def test_one_begun_without_a_model_takes_the_first(index: PassageIndex) -> None:
    await index.clear()
    await index.begin("", 0)
    await index.put([chunk("it/a#1", "one")])
    assert await found(index, "one") == ["it/a#1"]

    await index.begin("model-b", 2)
    await index.put([replace(chunk("it/a#1", "one"), vector=(1.0, 0.0))])

    assert await found(index, "x", vector=(1.0, 0.0)) == ["it/a#1"]


async def test_a_healthy_index_has_nothing_to_say(index: PassageIndex) -> None:
    assert await index.check() == ""
