"""Articles that bots share: `knowledge/<collection>/<slug>.md`, and the search in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.knowledge.access import FOLDER_FILE, Reader, Stranger, opens, shown
from shared.knowledge.index import Index
from shared.knowledge.reading import in_folder, stamp
from shared.knowledge.views import Borders, Views
from shared.person import Person
from shared.ports.knowledge import Passage
from shared.records.read import Read
from shared.text.languages import language_of
from shared.text.spelling import Spelling
from shared.text.words import terms

if TYPE_CHECKING:
    from shared.ai.encoder import Encoder

COVERAGE = 0.25
"""Weight of the words of a question that a passage has, beside its meaning."""

HEADLINE = 0.15
"""Weight of the words of a question that stand in the title and heading."""

REFUSED_COVERAGE = 0.35
"""Share of a question that an article has to cover for its refusal to be worth a record."""

FOUND = 5
"""Passages that an answer is made of, unless a skill asks for more."""

FRESH = 1.0
"""Seconds between two looks whether files have changed."""


class KnowledgeBase:
    """All articles under one folder, read on the first search and again when a file changes."""

    def __init__(self, root: Path, encoder: "Encoder | None" = None) -> None:
        self.root = root
        self.encoder = encoder
        self._files: dict[Path, tuple[int, int]] | None = None
        self._looked = 0.0
        self._passages: list[Passage] = []
        self._index = Index([])
        self._views = Views([])
        self._spelling = Spelling([])

    def for_bot(self, bot: Bot, reader: Reader | None = None) -> "Knowledge":
        """The collections that the bot's manifest lists, as far as they are open to `reader`.

        Raises ConfigurationError when one is missing.
        """
        for collection in bot.knowledge:
            if not (self.root / collection).is_dir():
                known = sorted(path.name for path in self.root.glob("*/"))
                raise ConfigurationError(
                    f"bots/{bot.id}.toml: knowledge names {collection!r}, but there is no folder "
                    f"{self.root / collection}; create it or write one of {', '.join(known)}"
                )
        return Knowledge(self, frozenset(bot.knowledge), reader or Stranger())

    async def search(
        self, text: str, collections: frozenset[str], limit: int, person: Person | None = None
    ) -> list[Passage]:
        """The best of what is open to a person: what is not takes no part in the ranking."""
        self._refresh()
        passages, views = self._passages, self._views
        admitted = self._admitted(collections, person)
        text = self.corrected(text)
        hits = self._index.search(text, admitted, len(passages) if self.encoder else limit)
        nearness = await views.nearness(self.encoder, text) if self.encoder else None
        if nearness is None:
            return [replace(passages[hit.number], score=hit.coverage) for hit in hits[:limit]]
        covered = {hit.number: hit.coverage for hit in hits}
        found = [
            replace(passages[n], score=covered.get(n, 0.0), meaning=nearness[n])
            for n in range(len(passages))
            if admitted[n]
        ]
        asked = set(terms(text))

        def rank(passage: Passage) -> float:
            headline = set(terms(f"{passage.title} {passage.heading}"))
            named = len(asked & headline) / len(asked) if asked else 0.0
            return (passage.meaning or 0.0) + COVERAGE * passage.score + HEADLINE * named

        return sorted(found, key=rank, reverse=True)[:limit]

    def corrected(self, text: str) -> str:
        """A question in the articles' language, its typing errors put right by their words."""
        if language_of(text) != "en":
            return text
        if self.encoder is None:
            return self._spelling.corrected(text)
        return self._spelling.corrected(text, self.encoder.is_common)

    def article(self, id: str, person: Person | None = None) -> list[Passage]:
        """The passages of an article, if it is open to a person."""
        self._refresh()
        return [p for p in self._passages if p.article == id and opens(p.access, person)]

    async def prepare(self) -> None:
        self._refresh()
        if self.encoder:
            await self._views.prepare(self.encoder)

    async def borders(self, collections: frozenset[str]) -> Borders:
        """How near is near enough in these collections."""
        self._refresh()
        within = frozenset(
            n for n, passage in enumerate(self._passages) if passage.collection in collections
        )
        return await self._views.borders(self.encoder, within) if self.encoder else Borders()

    def refused(
        self, text: str, collections: frozenset[str], person: Person | None
    ) -> list[Passage]:
        """What a person would have found if it was open to them, for the record alone."""
        admitted = self._admitted(collections, person)
        shut = [p.collection in collections for p in self._passages]
        shut = [inside and not may for inside, may in zip(shut, admitted, strict=True)]
        if not any(shut):
            return []
        hits = self._index.search(text, shut, 3)
        return [self._passages[h.number] for h in hits if h.coverage >= REFUSED_COVERAGE]

    def restricted(self, collections: frozenset[str]) -> bool:
        """Whether something in these collections is not for everybody."""
        self._refresh()
        return any(p.access and p.collection in collections for p in self._passages)

    def titles(self, collections: frozenset[str], person: Person | None) -> list[str]:
        """The titles of the articles that are open to a person, each once."""
        self._refresh()
        admitted = self._admitted(collections, person)
        return sorted({p.title for p, may in zip(self._passages, admitted, strict=True) if may})

    def _admitted(self, collections: frozenset[str], person: Person | None) -> list[bool]:
        return [p.collection in collections and opens(p.access, person) for p in self._passages]

    def _refresh(self) -> None:
        now = monotonic()
        if self._files is not None and now - self._looked < FRESH:
            return
        self._looked = now
        try:
            watched = [*self.root.glob("*/*.md"), *self.root.glob(f"*/{FOLDER_FILE}")]
            files = {path: stamp(path) for path in sorted(watched)}
            if files == self._files:
                return
            passages = [p for path in files if path.suffix == ".md" for p in in_folder(path)]
        except FileNotFoundError:
            return  # an editor is saving; the next look finds the new file
        self._index = Index(
            [(p.title, p.heading, f"{p.text} {' '.join(p.asked)}") for p in passages]
        )
        self._spelling = Spelling(
            " ".join([p.title, p.heading, p.text, *p.asked]) for p in passages
        )
        self._views = Views([(p.title, p.heading, p.text, p.asked) for p in passages])
        self._passages, self._files = passages, files


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What one bot may know: the passages of its collections that are open to who asks."""

    base: KnowledgeBase
    collections: frozenset[str]
    reader: Reader = field(default_factory=Stranger, compare=False)

    async def search(self, text: str, limit: int = FOUND) -> list[Passage]:
        """The passages that fit a question best, the best first; none when no word is found."""
        if not self.base.restricted(self.collections):
            return await self.base.search(text, self.collections, limit)
        person = await self.reader.person()
        found = await self.base.search(text, self.collections, limit, person)
        refused = self.base.refused(text, self.collections, person)
        self._note(found[:FOUND], refused=False)
        self._note(refused, refused=True)
        return found

    async def article(self, id: str) -> list[Passage]:
        """The passages of one article, `<collection>/<slug>`, in their order."""
        if id.partition("/")[0] not in self.collections:
            return []
        if not self.base.restricted(self.collections):
            return self.base.article(id)
        found = self.base.article(id, await self.reader.person())
        self._note(found, refused=False)
        return found

    async def titles(self) -> list[str]:
        """What the person of this turn may read here: the titles of articles."""
        return self.base.titles(self.collections, await self.reader.person())

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
