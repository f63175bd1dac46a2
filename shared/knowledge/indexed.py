"""Articles in an index: it finds candidates, and the answerer's own ranking puts them in order.

When the index is away, words decide over the articles that the app was packed with, if these are
what the index has: else what was taken out of it since would be back.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from shared.bot import Bot
from shared.errors import Unavailable
from shared.knowledge.access import Reader, held
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.chunks import chunks_in, content_of
from shared.knowledge.embedding import FAILURES, Embedder
from shared.knowledge.index import Index
from shared.knowledge.knowledge import REFUSED_COVERAGE, Knowledge
from shared.knowledge.order import by_meaning
from shared.knowledge.vectors import nearness
from shared.knowledge.views import Borders
from shared.observability import log
from shared.person import Person
from shared.ports.index import Chunk, PassageIndex, Query, State
from shared.ports.knowledge import Passage
from shared.text.languages import language_of
from shared.text.spelling import Spelling
from shared.text.words import words

if TYPE_CHECKING:
    from shared.knowledge.embedding import Matrix

CANDIDATES = 32
"""Passages that an index is asked for."""

AMONG = 256
"""Passages, of which the candidates are the best: so rare are the words that few of them have."""

FRESH_SECONDS = 60.0
"""How long is believed what an index said of itself."""


@dataclass(slots=True)
class Indexed:
    """The index of a process, and the folder that stands in for it.

    `trusts_folder` on a laptop, where a sync reads that same folder.
    """

    index: PassageIndex
    folder: KnowledgeBase
    trusts_folder: bool = False
    _state: State = field(default_factory=State)
    _looked: float = -inf
    _content: str | None = field(default=None, repr=False)

    def for_bot(
        self, bot: Bot, reader: Reader | None = None, embedder: Embedder | None = None
    ) -> Knowledge:
        """As `KnowledgeBase.for_bot`; the embedder is charged to the bot."""
        known = self.folder.for_bot(bot, reader)
        return replace(known, base=IndexedBase(self, embedder))

    async def state(self) -> State:
        """What the index said of itself a moment ago. Raises Unavailable."""
        if monotonic() - self._looked >= FRESH_SECONDS:
            self._state = await self.index.state()
            self._looked = monotonic()
        return self._state

    def stands_in(self) -> bool:
        """Whether the folder has what the index had when it was last seen."""
        if self.trusts_folder:
            return True
        if self._content is None:
            chunks = {chunk.id: chunk for chunk in chunks_in(self.folder.root)}
            self._content = content_of(chunks)
        return bool(self._state.content) and self._state.content == self._content

    async def check(self, embedder: Embedder | None) -> str:
        """What is wrong, "" for nothing."""
        if problem := await self.index.check():
            return problem
        known = (await self.index.state()).model
        if embedder is not None and known and known != embedder.model:
            return (
                f"has vectors of {known}, this app makes those of {embedder.model}: run "
                "`botfabric knowledge sync --rebuild`"
            )
        return "" if known or embedder is None else "has no vectors: run `botfabric knowledge sync`"


@dataclass(frozen=True, slots=True)
class IndexedBase:
    """The Base of an index, with who turns questions into vectors."""

    indexed: Indexed
    embedder: Embedder | None

    async def search(
        self, text: str, collections: frozenset[str], limit: int, person: Person | None = None
    ) -> list[Passage]:
        try:
            chunks, vector = await self._candidates(text, collections, person)
            meant = self._spelt(text, chunks)
            if meant != text:
                text = meant
                chunks, vector = await self._candidates(text, collections, person)
        except Unavailable as error:
            return await self._standing_in(error).search(text, collections, limit, person)
        passages = [chunk.passage for chunk in chunks]
        hits = _among(passages).search(text, [True] * len(passages), len(passages))
        if vector is None:
            return [replace(passages[hit.number], score=hit.coverage) for hit in hits[:limit]]
        covered = {hit.number: hit.coverage for hit in hits}
        found = [
            replace(
                chunk.passage,
                score=covered.get(n, 0.0),
                meaning=nearness(chunk.views, vector) if chunk.views else 0.0,
            )
            for n, chunk in enumerate(chunks)
        ]
        return by_meaning(found, text)[:limit]

    async def article(self, id: str, person: Person | None = None) -> list[Passage]:
        try:
            return _passages(await self.indexed.index.article(id, held(person)))
        except Unavailable as error:
            return await self._standing_in(error).article(id, person)

    async def refused(
        self, text: str, collections: frozenset[str], person: Person | None
    ) -> list[Passage]:
        query = Query(text, collections, held(person), None, 3, refused=True)
        try:
            found = _passages(await self.indexed.index.search(query))
        except Unavailable as error:
            return await self._standing_in(error).refused(text, collections, person)
        hits = _among(found).search(text, [True] * len(found), len(found))
        return [found[hit.number] for hit in hits if hit.coverage >= REFUSED_COVERAGE]

    async def restricted(self, collections: frozenset[str]) -> bool:
        return True

    async def titles(self, collections: frozenset[str], person: Person | None) -> list[str]:
        try:
            return await self.indexed.index.titles(collections, held(person))
        except Unavailable as error:
            return await self._standing_in(error).titles(collections, person)

    async def borders(self, collections: frozenset[str]) -> Borders:
        return Borders()

    async def prepare(self) -> None:
        if self.embedder is not None:
            with suppress(*FAILURES):  # words then have to do
                await self.embedder.passages(["warm"])

    def corrected(self, text: str) -> str:
        return text

    async def _candidates(
        self, text: str, collections: frozenset[str], person: Person | None
    ) -> "tuple[list[Chunk], Matrix | None]":
        vector = await self._vector(text)
        given = None if vector is None else vector.tolist()
        query = Query(text, collections, held(person), given, CANDIDATES)
        return await self.indexed.index.search(query), vector

    def _spelt(self, text: str, chunks: Sequence[Chunk]) -> str:
        """The question with its typing errors put right by the words of what was found."""
        if self.embedder is None or language_of(text) != "en":
            return text
        if all(self.embedder.is_common(word) for word in words(text)):
            return text
        found = _passages(chunks)
        texts = (" ".join([p.title, p.heading, p.text, *p.asked]) for p in found)
        return Spelling(texts).corrected(text, self.embedder.is_common)

    async def _vector(self, text: str) -> "Matrix | None":
        """None when words have to do: no embedder, or the index has another model's vectors."""
        known = (await self.indexed.state()).model
        if self.embedder is None or not known:
            return None
        if known != self.embedder.model:
            log.warning("index.model", index=known, app=self.embedder.model)
            return None
        return await self.embedder.question(text)

    def _standing_in(self, error: Unavailable) -> KnowledgeBase:
        """The folder, while the index is away. Raises the error when it may be out of date."""
        if not self.indexed.stands_in():
            raise error
        log.warning("index.away", reason=str(error))
        return self.indexed.folder


def _passages(chunks: Sequence[Chunk]) -> list[Passage]:
    return [chunk.passage for chunk in chunks]


def _among(passages: Sequence[Passage]) -> Index:
    texts = [(p.title, p.heading, f"{p.text} {' '.join(p.asked)}") for p in passages]
    return Index(texts, of=AMONG)
