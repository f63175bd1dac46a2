"""The indexes that the suite of `PassageIndex` runs on. A new one joins by one line."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import NoReturn

from shared.clients.http import HttpClient
from shared.indexes.azuresearch.index import AzureSearchIndex
from shared.indexes.cosmos.index import CosmosIndex
from shared.indexes.embedded.index import EmbeddedIndex
from shared.ports.index import PassageIndex
from stand_ins.aisearch.server import KEY, SearchServer
from stand_ins.cosmos.account import Options
from stand_ins.cosmos.server import ANY_KEY, CosmosServer

Open = Callable[[], PassageIndex]
"""A client of one and the same index."""


@asynccontextmanager
async def _embedded(folder: Path) -> AsyncIterator[Open]:
    yield lambda: EmbeddedIndex(folder / "index.db")


@asynccontextmanager
async def _azure_search(folder: Path) -> AsyncIterator[Open]:
    async with SearchServer() as server, closing(HttpClient()) as http:
        yield lambda: AzureSearchIndex(server.url, "articles", http, key=given, token=given)


@asynccontextmanager
async def _cosmos(folder: Path) -> AsyncIterator[Open]:
    async with CosmosServer(options=Options(key=ANY_KEY, partitions=2)) as server:
        endpoint = f"http://{server.address}"
        yield lambda: CosmosIndex(endpoint, "fabric", key=cosmos_key, credential=no_identity)


async def given() -> str:
    return KEY


async def cosmos_key() -> str:
    return ANY_KEY


def no_identity() -> NoReturn:
    raise AssertionError("a key was given")


@asynccontextmanager
async def closing(http: HttpClient) -> AsyncIterator[HttpClient]:
    try:
        yield http
    finally:
        await http.close()


INDEXES: dict[str, Callable[[Path], AbstractAsyncContextManager[Open]]] = {
    "embedded": _embedded,
    "azure-search": _azure_search,
    "cosmos": _cosmos,
}
