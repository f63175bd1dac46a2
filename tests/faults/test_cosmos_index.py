"""Passages in Cosmos DB when it is away, throttles, shuts the door or lacks a container."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy, CosmosClient

from shared.ai.offline import OfflineModel
from shared.errors import ConfigurationError, Unavailable
from shared.indexes.cosmos.container import NAME, definition
from shared.indexes.cosmos.index import PAGE, CosmosIndex
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.chunks import chunks_in
from shared.knowledge.embedding import ModelEmbedder
from shared.knowledge.indexed import CANDIDATES, Indexed, IndexedBase
from shared.knowledge.indexing import Brought, bring
from shared.ports.index import Query
from stand_ins.cosmos.account import Options
from stand_ins.cosmos.server import ANY_KEY, CosmosServer
from tests.contract.cosmos import peer
from tests.faults.answers import Answers, answers
from tests.faults.test_cosmos import Identity
from tests.unit.knowledge.test_knowledge import article

IT = frozenset({"it"})
WORDS = ModelEmbedder("words", OfflineModel())
DIMENSIONS = 1024


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    for number in range(40):
        article(folder, f"it/a{number}", f"---\ntitle: Article {number}\n---\nAbout {number}.")
    article(folder, "it/wifi", "---\ntitle: Wifi\n---\nGuests get a code at the desk.")
    return folder


@asynccontextmanager
async def opened(endpoint: str, key: str = ANY_KEY) -> AsyncIterator[CosmosIndex]:
    async def given() -> str:
        return key

    index = CosmosIndex(endpoint, "fabric", key=given if key else None, credential=Identity)
    try:
        yield index
    finally:
        await index.close()


@asynccontextmanager
async def served(**options: Any) -> AsyncIterator[tuple[CosmosServer, CosmosIndex]]:
    async with (
        CosmosServer(options=Options(**options)) as server,
        opened(f"http://{server.address}") as index,
    ):
        yield server, index


@asynccontextmanager
async def with_identity(tmp_path: Path) -> AsyncIterator[tuple[Answers, CosmosClient, CosmosIndex]]:
    """The service, somebody with a key, and an app with an identity alone."""
    with peer() as server:
        async with (
            answers(server.endpoint, tls=tmp_path) as front,
            CosmosClient(server.endpoint, ANY_KEY, enable_endpoint_discovery=False) as owner,
            opened(front.endpoint, "") as index,
        ):
            yield front, owner, index


async def deploy(owner: CosmosClient, dimensions: int) -> ContainerProxy:
    from azure.cosmos import PartitionKey

    database, made = await owner.create_database("fabric"), definition(dimensions)
    return await database.create_container(
        NAME,
        PartitionKey(made["partitionKey"]["paths"][0]),
        indexing_policy=made["indexingPolicy"],
        full_text_policy=made["fullTextPolicy"],
        vector_embedding_policy=made["vectorEmbeddingPolicy"],
    )


async def sync(index: CosmosIndex, root: Path) -> Brought:
    chunks = {chunk.id: chunk for chunk in chunks_in(root)}
    return [done async for done in bring(index, chunks, WORDS)][-1]


# --- the service -------------------------------------------------------------------------------


async def test_people_are_answered_by_words_while_it_throttles(root: Path) -> None:
    async with served(retry_after_ms=10) as (server, index):
        await sync(index, root)
        base = IndexedBase(Indexed(index, KnowledgeBase(root)), WORDS)
        assert (await base.search("code for guests", IT, 5))[0].meaning is not None
        server.account._options = Options(throttle_rate=1.0)

        [first, *_] = await base.search("code for guests", IT, 5)

        assert (first.article, first.meaning) == ("it/wifi", None)


async def test_a_throttled_sync_is_waited_out_and_writes_everything(root: Path) -> None:
    async with served(throttle_rate=0.2, seed=5) as (server, index):
        assert (await sync(index, root)).written == 41

        assert set(await index.kept()) == {chunk.id for chunk in chunks_in(root)}
        assert server.account.throttled > 0


async def test_one_that_is_away_is_said_in_health(root: Path) -> None:
    with peer() as server:
        async with opened(server.endpoint) as index:
            await sync(index, root)
            server.stop()

            assert "does not answer" in await index.check()
            with pytest.raises(Unavailable):
                await index.search(Query("code", IT))


async def test_a_container_that_is_dropped_is_named_and_made_by_the_next_sync(root: Path) -> None:
    async with served() as (server, index), opened(f"http://{server.address}") as other:
        await sync(index, root)
        await other.clear()

        with pytest.raises(Unavailable, match="botfabric knowledge sync"):
            await index.search(Query("code", IT))
        assert "botfabric knowledge sync" in await index.check()
        assert (await sync(index, root)).written == 41


async def test_a_page_has_all_that_a_question_asks_for() -> None:
    assert PAGE >= CANDIDATES


# --- who gets in -------------------------------------------------------------------------------


async def test_a_wrong_key_names_the_settings() -> None:
    async with (
        CosmosServer(options=Options(key=ANY_KEY)) as server,
        opened(f"http://{server.address}", "d3Jvbmc=") as index,
    ):
        told = await index.check()

    assert "FABRIC_INDEX_KEY" in told
    assert "FABRIC_INDEX_URL" in told


async def test_an_identity_fills_what_was_deployed(root: Path, tmp_path: Path) -> None:
    async with with_identity(tmp_path) as (_, owner, index):
        await deploy(owner, DIMENSIONS)

        assert (await sync(index, root)).written == 41
        assert (await index.search(Query("code", IT)))[0].id == "it/wifi#1"
        await index.clear()

        assert await index.kept() == {}
        assert (await index.state()).model == ""
        assert (await sync(index, root)).written == 41


@pytest.mark.parametrize("deployed", [0, 512])
async def test_an_identity_is_told_what_to_deploy(
    root: Path, tmp_path: Path, deployed: int
) -> None:
    async with with_identity(tmp_path) as (_, owner, index):
        if deployed:
            await deploy(owner, deployed)

        with pytest.raises(ConfigurationError, match=r"1024 dimensions.*indexDimensions"):
            await sync(index, root)
