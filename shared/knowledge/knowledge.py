"""What one bot may know, for whoever asks it in a turn."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from shared.knowledge.access import Reader, Stranger, shown
from shared.knowledge.views import Borders
from shared.observability import conventions as names
from shared.observability import trace
from shared.person import Person
from shared.ports.knowledge import Passage
from shared.records.read import Read

FOUND = 5
"""Passages that an answer is made of, unless a skill asks for more."""

REFUSED_COVERAGE = 0.35
"""Share of a question that an article has to cover for its refusal to be worth a record."""


class Base(Protocol):
    """All articles there are; what is not open to a person takes no part in what they find."""

    async def search(
        self, text: str, collections: frozenset[str], limit: int, person: Person | None = None
    ) -> list[Passage]:
        """The best passages, the best first."""
        ...

    async def article(self, id: str, person: Person | None = None) -> list[Passage]:
        """The passages of `<collection>/<slug>`, in their order."""
        ...

    async def refused(
        self, text: str, collections: frozenset[str], person: Person | None
    ) -> list[Passage]:
        """What a person would have found if it was open to them, for the record alone."""
        ...

    async def restricted(self, collections: frozenset[str]) -> bool:
        """Whether something in these collections may be not for everybody."""
        ...

    async def titles(self, collections: frozenset[str], person: Person | None) -> list[str]: ...

    async def borders(self, collections: frozenset[str]) -> Borders: ...

    async def prepare(self) -> None: ...

    def corrected(self, text: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What one bot may know: the passages of its collections that are open to who asks."""

    base: Base
    collections: frozenset[str]
    reader: Reader = field(default_factory=Stranger, compare=False)

    async def search(self, text: str, limit: int = FOUND) -> list[Passage]:
        """The passages that fit a question best, the best first; none when no word is found."""
        if not trace.is_exporting():
            return await self._search(text, limit)
        source = ",".join(sorted(self.collections))
        about: dict[str, trace.Value] = {
            names.MODEL_OPERATION: "retrieval",
            names.DATA_SOURCE: source,
            names.TOP_K: limit,
        }
        with trace.step(f"retrieval {source}", **about):
            found = await self._search(text, limit)
            trace.tell(**{names.FOUND: len(found)})
            return found

    async def _search(self, text: str, limit: int) -> list[Passage]:
        if not await self.base.restricted(self.collections):
            return await self.base.search(text, self.collections, limit)
        person = await self.reader.person()
        found = await self.base.search(text, self.collections, limit, person)
        refused = await self.base.refused(text, self.collections, person)
        self._note(found[:FOUND], refused=False)
        self._note(refused, refused=True)
        return found

    async def article(self, id: str) -> list[Passage]:
        """The passages of one article, `<collection>/<slug>`, in their order."""
        if id.partition("/")[0] not in self.collections:
            return []
        if not await self.base.restricted(self.collections):
            return await self.base.article(id)
        found = await self.base.article(id, await self.reader.person())
        self._note(found, refused=False)
        return found

    async def titles(self) -> list[str]:
        """What the person of this turn may read here: the titles of articles."""
        return await self.base.titles(self.collections, await self.reader.person())

    def corrected(self, text: str) -> str:
        """The question without its typing errors."""
        return self.base.corrected(text)

    async def prepare(self) -> None:
        """Have the meaning of the passages known before the first question."""
        await self.base.prepare()

    async def borders(self) -> Borders:
        """How near a passage's meaning must be, to answer and to be offered."""
        return await self.base.borders(self.collections)

    def _note(self, passages: Iterable[Passage], *, refused: bool) -> None:
        for passage in passages:
            if passage.access:
                policy = f"access: {shown(passage.access)}"
                self.reader.note(Read("article", passage.article, policy, refused))
