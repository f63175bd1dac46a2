"""How fast the embedded index finds, and how long a sync of articles takes, encoder included.

    python -m bench.retrieval

prints both. Passages to find are made up, of a vocabulary as unevenly used as a language's.
"""

import asyncio
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from bench.connector import percentile
from shared.ai.encoder import Encoder
from shared.indexes.embedded.index import EmbeddedIndex
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.chunks import chunks_in
from shared.knowledge.embedding import OfflineEmbedder
from shared.knowledge.indexed import Indexed, IndexedBase
from shared.knowledge.indexing import bring
from shared.knowledge.vectors import pack
from shared.ports.index import Chunk, Query
from shared.ports.knowledge import Passage

CHUNKS, DIMENSIONS, PARTS, WORDS = 10_000, 512, 7, 110
QUESTIONS = 200
ARTICLES, SECTIONS, SENTENCES = 1_000, 3, 4
"""Of about 190 words each."""

EVERYTHING = frozenset({"all"})


@dataclass(frozen=True)
class Retrieval:
    """Seconds of each question: the index alone, with the final ranking, one dot product."""

    index: Sequence[float]
    whole: Sequence[float]
    dot: Sequence[float]


@dataclass(frozen=True)
class Synced:
    """Seconds on the clock and of CPU, of a first sync and of one without changes."""

    passages: int
    first: tuple[float, float]
    again: tuple[float, float]


class Given:
    """An embedder that has the vector of each question at once: encoding is measured elsewhere."""

    model = "given"

    def __init__(self, vectors: Any) -> None:
        self._vectors = iter(vectors)

    async def question(self, text: str) -> Any:
        return next(self._vectors)

    async def passages(self, texts: Sequence[str]) -> Any:
        raise NotImplementedError

    def is_common(self, word: str) -> bool:
        return True


async def retrieval(folder: Path) -> Retrieval:
    """Questions of six words, each with a vector, over `CHUNKS` passages."""
    import numpy as np

    chance, numbers = random.Random(7), np.random.default_rng(7)
    matrix = _units(numbers.normal(size=(CHUNKS, DIMENSIONS)))
    index = EmbeddedIndex(folder / "index.db", "NORMAL")
    await index.begin("given", DIMENSIONS)
    for start in range(0, CHUNKS, 500):
        await index.put(
            [_chunk(n, _text(chance, WORDS), matrix[n], numbers) for n in range(start, start + 500)]
        )
    texts = [_text(chance, 6) for _ in range(QUESTIONS)]
    asked = _units(numbers.normal(size=(QUESTIONS, DIMENSIONS)))
    base = IndexedBase(Indexed(index, KnowledgeBase(folder)), Given([asked[0], *asked]))
    await base.search(texts[0], EVERYTHING, 5)
    alone, whole, dot = [], [], []
    for text, vector in zip(texts, asked, strict=True):
        began = perf_counter()
        _ = matrix @ vector
        dot.append(perf_counter() - began)
        began = perf_counter()
        await index.search(Query(text, EVERYTHING, frozenset(), vector.tolist()))
        alone.append(perf_counter() - began)
        began = perf_counter()
        await base.search(text, EVERYTHING, 5)
        whole.append(perf_counter() - began)
    await index.close()
    return Retrieval(alone, whole, dot)


async def sync(folder: Path) -> Synced:
    """`ARTICLES` Markdown files into an empty index, with the offline encoder; then once more."""
    chance = random.Random(7)
    (folder / "all").mkdir(parents=True)
    for number in range(ARTICLES):
        (folder / "all" / f"a{number}.md").write_text(_article(chance, number), "utf-8")
    embedder = OfflineEmbedder(Encoder(folder / "encoder"))
    await embedder.passages(["warm"])
    index = EmbeddedIndex(folder / "synced.db")
    times = []
    for _ in range(2):
        clock, cpu = perf_counter(), process_time()
        chunks = {chunk.id: chunk for chunk in chunks_in(folder)}
        async for _done in bring(index, chunks, embedder):
            pass
        times.append((perf_counter() - clock, process_time() - cpu))
    await index.close()
    return Synced(len(chunks), times[0], times[1])


def _units(rows: Any) -> Any:
    import numpy as np

    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _chunk(number: int, text: str, vector: Any, numbers: Any) -> Chunk:
    parts = _units(numbers.normal(size=(PARTS, DIMENSIONS)))
    passage = Passage(f"all/a{number}#1", "all", text[:30], "", text)
    return Chunk(passage, str(number), vector=vector.tolist(), views=pack(parts, 1))


def _text(chance: random.Random, count: int) -> str:
    """Words of 20,000, the n-th in proportion to 1/n."""
    return " ".join(f"w{int(20_000 ** chance.random())}" for _ in range(count))


def _article(chance: random.Random, number: int) -> str:
    sections = []
    for section in range(SECTIONS):
        sentences = [f"{_text(chance, 15).capitalize()}." for _ in range(SENTENCES)]
        sections.append(f"## Section {section} of {number}\n\n{' '.join(sentences)}")
    return f"---\ntitle: Article {number}\n---\n" + "\n\n".join(sections) + "\n"


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        found = await retrieval(Path(name) / "a")
        done = await sync(Path(name) / "b")
    for what, seconds in (
        ("index", found.index),
        ("with ranking", found.whole),
        ("dot product", found.dot),
    ):
        print(f"{what}: p50 {percentile(seconds, 50) * 1000:.1f} ms, "
              f"p95 {percentile(seconds, 95) * 1000:.1f} ms")  # fmt: skip
    for what, (clock, cpu) in (("first sync", done.first), ("again", done.again)):
        print(f"{what} of {ARTICLES} articles: {clock:.1f} s, {cpu:.1f} s of CPU")


if __name__ == "__main__":
    asyncio.run(main())
