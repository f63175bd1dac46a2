"""The indexes that the suite of `PassageIndex` runs on. A new one joins by one line."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from shared.clients.http import HttpClient
from shared.indexes.azuresearch.index import AzureSearchIndex
from shared.indexes.embedded.index import EmbeddedIndex
from shared.ports.index import PassageIndex
from stand_ins.aisearch.server import KEY, SearchServer

Open = Callable[[], PassageIndex]
"""A client of one and the same index."""


@asynccontextmanager
async def _embedded(folder: Path) -> AsyncIterator[Open]:
    yield lambda: EmbeddedIndex(folder / "index.db")


@asynccontextmanager
async def _azure_search(folder: Path) -> AsyncIterator[Open]:
    async with SearchServer() as server, closing(HttpClient()) as http:
        yield lambda: AzureSearchIndex(server.url, "articles", http, key=given, token=given)


async def given() -> str:
    return KEY


@asynccontextmanager
async def closing(http: HttpClient) -> AsyncIterator[HttpClient]:
    try:
        yield http
    finally:
        await http.close()


INDEXES: dict[str, Callable[[Path], AbstractAsyncContextManager[Open]]] = {
    "embedded": _embedded,
    "azure-search": _azure_search,
}
