"""The indexes that the suite of `PassageIndex` runs on. A new one joins by one line."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from shared.indexes.embedded.index import EmbeddedIndex
from shared.ports.index import PassageIndex

Open = Callable[[], PassageIndex]
"""A client of one and the same index."""


@asynccontextmanager
async def _embedded(folder: Path) -> AsyncIterator[Open]:
    yield lambda: EmbeddedIndex(folder / "index.db")


INDEXES: dict[str, Callable[[Path], AbstractAsyncContextManager[Open]]] = {
    "embedded": _embedded,
}
