"""Retrieval and answers on XQuAD by way: words, vectors, both; in memory and on each index.

`python -m bench.evaluate FOLDER --ways` prints the table.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from shared.ai.assistant import Assistant
from shared.ai.encoder import Encoder
from shared.clients.http import HttpClient
from shared.indexes.azuresearch.index import AzureSearchIndex
from shared.indexes.cosmos.index import CosmosIndex
from shared.indexes.embedded.index import EmbeddedIndex
from shared.knowledge.access import held
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.chunks import chunks_in
from shared.knowledge.embedding import OfflineEmbedder
from shared.knowledge.indexed import CANDIDATES, Indexed, IndexedBase
from shared.knowledge.indexing import bring
from shared.knowledge.knowledge import FOUND, Base, Knowledge
from shared.knowledge.vectors import nearness
from shared.person import Person
from shared.ports.index import PassageIndex, Query
from shared.ports.knowledge import Passage
from stand_ins.aisearch.server import KEY, SearchServer
from stand_ins.cosmos.server import ANY_KEY, CosmosServer

HEADER = "| way | recall@1 | recall@3 | right source | refused rightly | wrong, with a source |"


@dataclass(frozen=True, slots=True)
class VectorsAlone(IndexedBase):
    """Candidates and order by meaning, without a look at the words."""

    async def search(
        self, text: str, collections: frozenset[str], limit: int, person: Person | None = None
    ) -> list[Passage]:
        vector = await self._vector(text)
        if vector is None:
            return []
        query = Query("", collections, held(person), vector.tolist(), CANDIDATES)
        chunks = await self.indexed.index.search(query)
        found = [replace(c.passage, meaning=nearness(c.views, vector)) for c in chunks]
        return sorted(found, key=lambda passage: -(passage.meaning or 0.0))[:limit]


async def table(articles: Path, questions: Sequence[dict[str, Any]], ai: Assistant) -> None:
    """Print a row for each way; `articles` has the collection `xquad`."""
    print(HEADER + "\n|---|---:|---:|---:|---:|---:|")
    async for name, base in _ways(articles):
        knowledge = Knowledge(base, frozenset({"xquad"}))
        await knowledge.prepare()
        print(f"| {name} | {' | '.join(await _row(knowledge, questions, ai))} |", flush=True)


async def _ways(articles: Path) -> AsyncIterator[tuple[str, Base]]:
    with TemporaryDirectory() as name:
        encoder = Encoder(Path(name) / "encoder")
        embedder = OfflineEmbedder(encoder)
        yield "words, in memory", KnowledgeBase(articles)
        yield "both, in memory", KnowledgeBase(articles, encoder)
        async with _indexes(Path(name)) as indexes:
            for place, index in indexes.items():
                chunks = {chunk.id: chunk for chunk in chunks_in(articles)}
                async for _ in bring(index, chunks, embedder):
                    pass
                indexed = Indexed(index, KnowledgeBase(articles))
                yield f"words, {place}", IndexedBase(indexed, None)
                yield f"vectors, {place}", VectorsAlone(indexed, embedder)
                yield f"both, {place}", IndexedBase(indexed, embedder)


@asynccontextmanager
async def _indexes(folder: Path) -> AsyncIterator[dict[str, PassageIndex]]:
    async def key() -> str:
        return KEY

    async def account_key() -> str:
        return ANY_KEY

    def identity() -> NoReturn:
        raise AssertionError("a key was given")

    http, embedded = HttpClient(timeout=60), EmbeddedIndex(folder / "index.db")
    async with SearchServer() as server, CosmosServer() as account:
        search = AzureSearchIndex(server.url, "articles", http, key=key, token=key, seconds=60)
        url = f"http://{account.address}"
        cosmos = CosmosIndex(url, "fabric", key=account_key, credential=identity)
        yield {
            "embedded index": embedded,
            "stand-in for AI Search": search,
            "stand-in for Cosmos DB": cosmos,
        }
        await http.close()
        await embedded.close()
        await cosmos.close()


async def _row(
    knowledge: Knowledge, questions: Sequence[dict[str, Any]], ai: Assistant
) -> list[str]:
    first = third = right = refused = wrong = 0
    for question in questions:
        found = await knowledge.search(question["q"], FOUND)
        documents = [_document(passage) for passage in found]
        reply = await ai.answer(question["q"], found)
        doc = question["doc"]
        first += bool(doc) and doc in documents[:1]
        third += bool(doc) and doc in documents[:3]
        if reply.abstained:
            refused += not doc
        elif doc and doc in [_document(cited) for cited in reply.citations]:
            right += 1
        else:
            wrong += 1
    known = sum(bool(question["doc"]) for question in questions)
    shares = [100 * count / known for count in (first, third, right)]
    shares.append(100 * refused / (len(questions) - known))
    return [*(f"{share:.1f} %" for share in shares), f"{100 * wrong / len(questions):.1f} %"]


def _document(passage: Passage) -> str:
    return passage.article.partition("/")[2]
