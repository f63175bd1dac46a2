"""Articles that bots share: `knowledge/<collection>/<slug>.md`, and the search in them."""

from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.knowledge.access import Reader, Stranger, opens
from shared.knowledge.folder_access import FOLDER_FILE
from shared.knowledge.index import Index
from shared.knowledge.knowledge import REFUSED_COVERAGE, Knowledge
from shared.knowledge.order import by_meaning
from shared.knowledge.reading import in_folder, stamp
from shared.knowledge.views import Borders, Views
from shared.person import Person
from shared.ports.knowledge import Passage
from shared.text.languages import language_of
from shared.text.spelling import Spelling

if TYPE_CHECKING:
    from shared.ai.encoder import Encoder

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
        return by_meaning(found, text)[:limit]

    def corrected(self, text: str) -> str:
        """A question in the articles' language, its typing errors put right by their words."""
        if language_of(text) != "en":
            return text
        if self.encoder is None:
            return self._spelling.corrected(text)
        return self._spelling.corrected(text, self.encoder.is_common)

    async def article(self, id: str, person: Person | None = None) -> list[Passage]:
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

    async def refused(
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

    async def restricted(self, collections: frozenset[str]) -> bool:
        """Whether something in these collections is not for everybody."""
        self._refresh()
        return any(p.access and p.collection in collections for p in self._passages)

    async def titles(self, collections: frozenset[str], person: Person | None) -> list[str]:
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
