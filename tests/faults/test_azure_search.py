"""Azure AI Search throttles, is slow, takes half of a write, or refuses the key."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.ai.offline import OfflineModel
from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.indexes.azuresearch.index import AzureSearchIndex
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.chunks import chunks_in
from shared.knowledge.embedding import ModelEmbedder
from shared.knowledge.indexed import Indexed, IndexedBase
from shared.knowledge.indexing import Brought, bring
from shared.ports.index import Query
from stand_ins.aisearch.faults import Fault
from stand_ins.aisearch.server import KEY, SearchServer
from tests.unit.knowledge.test_knowledge import article

IT = frozenset({"it"})
WORDS = ModelEmbedder("words", OfflineModel())


@pytest.fixture
async def server() -> AsyncIterator[SearchServer]:
    async with SearchServer() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    http = HttpClient()
    yield http
    await http.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(40):
        article(tmp_path, f"it/a{number}", f"---\ntitle: Article {number}\n---\nAbout {number}.")
    article(tmp_path, "it/wifi", "---\ntitle: Wifi\n---\nGuests get a code at the desk.")
    return tmp_path


def client(
    server: SearchServer, http: HttpClient, key: str = KEY, seconds: float = 30
) -> AzureSearchIndex:
    async def given() -> str:
        return key

    return AzureSearchIndex(server.url, "articles", http, key=given, token=given, seconds=seconds)


async def sync(index: AzureSearchIndex, root: Path) -> Brought:
    chunks = {chunk.id: chunk for chunk in chunks_in(root)}
    return [done async for done in bring(index, chunks, WORDS)][-1]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_refusal_says_when_to_come_again(
    server: SearchServer, http: HttpClient, root: Path, status: int
) -> None:
    index = client(server, http)
    await sync(index, root)
    server.fault = Fault("status", status, 7)

    with pytest.raises(Unavailable, match=str(status)) as error:
        await index.search(Query("code", IT))

    assert error.value.after == 7
    assert str(status) in await index.check()


async def test_a_slow_answer_and_a_cut_connection_are_an_index_that_is_away(
    server: SearchServer, http: HttpClient, root: Path
) -> None:
    await sync(client(server, http), root)
    index = client(server, http, seconds=0.2)
    for fault in (Fault("slow", seconds=5), Fault("drop")):
        server.fault = fault
        with pytest.raises(Unavailable):
            await index.search(Query("code", IT))


async def test_people_are_answered_by_words_meanwhile(
    server: SearchServer, http: HttpClient, root: Path
) -> None:
    index = client(server, http)
    await sync(index, root)
    base = IndexedBase(Indexed(index, KnowledgeBase(root)), WORDS)
    assert (await base.search("code for guests", IT, 5))[0].meaning is not None
    server.fault = Fault("status", 429, 1)

    [first, *_] = await base.search("code for guests", IT, 5)

    assert (first.article, first.meaning) == ("it/wifi", None)


async def test_a_sync_goes_on_after_a_throttled_or_half_taken_write(
    server: SearchServer, http: HttpClient, root: Path
) -> None:
    index = client(server, http)
    for fault in (Fault("partial", count=2), Fault("drop", count=2)):
        server.fault = fault
        with pytest.raises(Unavailable):
            await sync(index, root)
    server.fault = Fault()

    await sync(index, root)

    assert set(await index.kept()) == {chunk.id for chunk in chunks_in(root)}
    assert (await sync(index, root)).written == 0


async def test_a_wrong_key_names_the_setting(server: SearchServer, http: HttpClient) -> None:
    assert "FABRIC_INDEX_KEY" in await client(server, http, "wrong").check()


async def test_an_index_that_was_never_made_names_the_command(
    server: SearchServer, http: HttpClient
) -> None:
    assert "botfabric knowledge sync" in await client(server, http).check()


async def test_a_question_is_one_request_with_readers_before_both_rankings(
    server: SearchServer, http: HttpClient, root: Path
) -> None:
    index = client(server, http)
    await sync(index, root)
    server.asked.clear()

    await index.search(Query("the code, 'or' else", IT, frozenset({"it's"}), [0.1] * 1024, 7))

    [body] = server.asked
    assert body["vectorFilterMode"] == "preFilter"
    assert "principals/any(p: search.in(p, '*,it%27s', ','))" in body["filter"]
    assert body["search"] == "code else"
    assert body["vectorQueries"][0]["k"] == 7


async def test_faults_are_switched_on_over_http(server: SearchServer, http: HttpClient) -> None:
    fault = f"{server.url}/fault"
    answer = await http.request("PUT", fault, json={"kind": "status", "status": 503, "count": 1})
    assert answer.status == 200
    statuses = [
        (await http.request("GET", f"{server.url}/indexes/x?api-version=1", headers=KEYED)).status
        for _ in range(2)
    ]
    assert statuses == [503, 404]
    assert (await http.request("PUT", fault, json={"kind": "broken"})).status == 400
    assert (await http.request("DELETE", fault)).status == 204


KEYED = {"api-key": KEY}
