"""Articles that bots share: `knowledge/<collection>/<slug>.md`, and the search in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.knowledge.index import Index
from shared.knowledge.views import Borders, Views
from shared.text.languages import language_of
from shared.text.spelling import Spelling
from shared.text.words import terms

if TYPE_CHECKING:
    from shared.ai.encoder import Encoder

PASSAGE_WORDS = 120
"""A passage is closed when the next paragraph would make it longer."""

COVERAGE = 0.25
"""Weight of the words of a question that a passage has, beside its meaning."""

HEADLINE = 0.15
"""Weight of the words of a question that stand in the title and heading."""

FRESH = 1.0
"""Seconds between two looks whether files have changed."""

_ASKED = re.compile(r"<!--\s*asked:(.*?)-->", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(r"#{1,6}\s+(.+?)[\s#]*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article, in Markdown.

    `id` is `<collection>/<slug>#<number>`. `score` from 0 to 1 is the share of a question's
    words, weighted by their rarity, that the passage has; `meaning` how near it is to what the
    question means, None when there is no encoder. Outside of a search they are 0 and None.
    `asked` are questions that it answers, as its author wrote them down.
    """

    id: str
    collection: str
    title: str
    heading: str
    text: str
    url: str = ""
    score: float = 0.0
    asked: tuple[str, ...] = ()
    meaning: float | None = None

    @property
    def article(self) -> str:
        """`<collection>/<slug>`."""
        return self.id.partition("#")[0]


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

    def for_bot(self, bot: Bot) -> "Knowledge":
        """The collections that the bot's manifest lists; ConfigurationError when one is missing."""
        for collection in bot.knowledge:
            if not (self.root / collection).is_dir():
                known = sorted(path.name for path in self.root.glob("*/"))
                raise ConfigurationError(
                    f"bots/{bot.id}.toml: knowledge names {collection!r}, but there is no folder "
                    f"{self.root / collection}; create it or write one of {', '.join(known)}"
                )
        return Knowledge(self, frozenset(bot.knowledge))

    async def search(self, text: str, collections: frozenset[str], limit: int) -> list[Passage]:
        self._refresh()
        passages, views = self._passages, self._views
        admitted = [passage.collection in collections for passage in passages]
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

    def article(self, id: str) -> list[Passage]:
        self._refresh()
        return [passage for passage in self._passages if passage.article == id]

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

    def _refresh(self) -> None:
        now = monotonic()
        if self._files is not None and now - self._looked < FRESH:
            return
        self._looked = now
        try:
            files = {path: _stamp(path) for path in sorted(self.root.glob("*/*.md"))}
            if files == self._files:
                return
            passages = [passage for path in files for passage in read_article(path)]
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
    """What one bot may know: the passages of its collections."""

    base: KnowledgeBase
    collections: frozenset[str]

    async def search(self, text: str, limit: int = 5) -> list[Passage]:
        """The passages that fit a question best, the best first; none when no word is found."""
        return await self.base.search(text, self.collections, limit)

    async def article(self, id: str) -> list[Passage]:
        """The passages of one article, `<collection>/<slug>`, in their order."""
        return self.base.article(id) if id.partition("/")[0] in self.collections else []

    def corrected(self, text: str) -> str:
        """The question without its typing errors."""
        return self.base.corrected(text)

    async def prepare(self) -> None:
        """Have the meaning of the passages known before the first question."""
        await self.base.prepare()

    async def borders(self) -> Borders:
        """How near a passage's meaning must be, to answer and to be offered."""
        return await self.base.borders(self.collections)


def read_article(path: Path) -> list[Passage]:
    """The passages of a Markdown file, whose front matter may give `title` and `url`."""
    meta, body = _front_matter(path.read_text("utf-8", "replace").removeprefix("\ufeff"))
    collection, slug = path.parent.name, path.stem
    title = meta.get("title") or slug.replace("-", " ").capitalize()
    return [
        Passage(
            f"{collection}/{slug}#{n}",
            collection,
            title,
            heading,
            text,
            meta.get("url", ""),
            asked=asked,
        )
        for n, (heading, text, asked) in enumerate(_sections(body, title), start=1)
    ]


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """Lines `key: value` between two lines `---`, and what follows them."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in lines[1:]:
        return {}, text
    end = lines.index("---", 1)
    pairs = (line.partition(":") for line in lines[1:end] if ":" in line)
    meta = {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}
    return meta, "\n".join(lines[end + 1 :])


def _sections(body: str, title: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(heading, text, asked) of each passage: paragraphs under one heading, joined while short.

    A comment `<!-- asked: How ...? | What ...? -->` holds questions that what follows answers;
    other comments are for authors alone.
    """
    heading, held, size, asked = "", list[str](), 0, list[str]()
    for block in re.split(r"\n\s*\n|\n(?=#{1,6}\s)", body):
        questions = [q.strip() for listed in _ASKED.findall(block) for q in listed.split("|")]
        paragraph = _COMMENT.sub("", block).strip()
        head, _, rest = paragraph.partition("\n")
        found = _HEADING.match(head)
        text = rest.strip() if found else paragraph
        length = len(text.split())
        if held and (found or size + length > PASSAGE_WORDS):
            yield heading, "\n\n".join(held), tuple(asked)
            held, size, asked = [], 0, []
        if found:
            heading = "" if found[1] == title else found[1]
        asked += filter(None, questions)
        if text:
            held.append(text)
            size += length
    if held:
        yield heading, "\n\n".join(held), tuple(asked)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
