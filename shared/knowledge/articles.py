"""Articles that bots share: `knowledge/<collection>/<slug>.md`, and the search in them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.knowledge.access import (
    FOLDER_FILE,
    NOBODY,
    Access,
    Reader,
    Stranger,
    of_folder,
    of_front_matter,
    opens,
    shown,
)
from shared.knowledge.index import Index
from shared.observability import log
from shared.person import Person
from shared.records.read import Read

PASSAGE_WORDS = 120
"""A passage is closed when the next paragraph would make it longer."""

REFUSED_COVERAGE = 0.35
"""Share of a question that an article has to cover for its refusal to be worth a record."""

FRESH = 1.0
"""Seconds between two looks whether files have changed."""

_HEADING = re.compile(r"#{1,6}\s+(.+?)[\s#]*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article, in Markdown.

    `id` is `<collection>/<slug>#<number>`. `score` from 0 to 1 is the share of a question's
    words, weighted by their rarity, that the passage has; 0 outside of a search. `access` is what
    its reader has to have.
    """

    id: str
    collection: str
    title: str
    heading: str
    text: str
    url: str = ""
    score: float = 0.0
    access: Access = ()


class KnowledgeBase:
    """All articles under one folder, read on the first search and again when a file changes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: dict[Path, tuple[int, int]] | None = None
        self._looked = 0.0
        self._passages: list[Passage] = []
        self._index = Index([])

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

    def search(
        self, text: str, collections: frozenset[str], limit: int, person: Person | None = None
    ) -> list[Passage]:
        """The best of what is open to a person: what is not takes no part in the ranking."""
        self._refresh()
        admitted = self._admitted(collections, person)
        hits = self._index.search(text, admitted, limit)
        return [replace(self._passages[hit.number], score=hit.coverage) for hit in hits]

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
            files = {path: _stamp(path) for path in sorted(watched)}
            if files == self._files:
                return
            passages = [p for path in files if path.suffix == ".md" for p in _in_folder(path)]
        except FileNotFoundError:
            return  # an editor is saving; the next look finds the new file
        self._index = Index([(p.title, p.heading, p.text) for p in passages])
        self._passages, self._files = passages, files


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What one bot may know: the passages of its collections that are open to who asks."""

    base: KnowledgeBase
    collections: frozenset[str]
    reader: Reader = field(default_factory=Stranger, compare=False)

    async def search(self, text: str, limit: int = 5) -> list[Passage]:
        """The passages that fit a question best, the best first; none when no word is found."""
        if not self.base.restricted(self.collections):
            return self.base.search(text, self.collections, limit)
        person = await self.reader.person()
        found = self.base.search(text, self.collections, limit, person)
        refused = self.base.refused(text, self.collections, person)
        self._note(found, refused=False)
        self._note(refused, refused=True)
        return found

    async def titles(self) -> list[str]:
        """What the person of this turn may read here: the titles of articles."""
        return self.base.titles(self.collections, await self.reader.person())

    def _note(self, passages: Iterable[Passage], *, refused: bool) -> None:
        for passage in passages:
            if passage.access:
                article = passage.id.partition("#")[0]
                policy = f"access: {shown(passage.access)}"
                self.reader.note(Read("article", article, policy, refused))


def read_article(path: Path) -> list[Passage]:
    """The passages of a Markdown file, whose front matter may give `title`, `url` and `access`."""
    whole = path.read_text("utf-8", "replace").removeprefix("\ufeff")
    meta, body = _front_matter(whole)
    access = _access(whole, body)
    collection, slug = path.parent.name, path.stem
    title = meta.get("title") or slug.replace("-", " ").capitalize()
    url = meta.get("url", "")
    if url and not url.startswith("https://"):
        log.warning("knowledge.url", article=f"{collection}/{slug}", wanted="https://...")
        url = ""
    return [
        Passage(
            f"{collection}/{slug}#{n}",
            collection,
            title,
            heading,
            text,
            url,
            access=access,
        )
        for n, (heading, text) in enumerate(_sections(body, title), start=1)
    ]


def _in_folder(path: Path) -> list[Passage]:
    """The passages of an article, held to what its folder demands of readers too."""
    try:
        demanded = of_folder(path.parent)
    except (ConfigurationError, OSError) as error:
        log.error("knowledge.access", folder=path.parent.name, reason=type(error).__name__)
        demanded = NOBODY
    return [replace(passage, access=demanded + passage.access) for passage in read_article(path)]


def _access(whole: str, body: str) -> Access:
    """What an article says of its readers; a front matter that does not end hides it."""
    lines = whole.strip().splitlines()
    if not lines or lines[0].strip() != "---":
        return ()
    if body == whole:
        return NOBODY if of_front_matter(lines[1:]) else ()
    return of_front_matter(lines[1 : lines.index("---", 1)])


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """Lines `key: value` between two lines `---`, and what follows them."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in lines[1:]:
        return {}, text
    end = lines.index("---", 1)
    pairs = (line.partition(":") for line in lines[1:end] if ":" in line)
    meta = {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}
    return meta, "\n".join(lines[end + 1 :])


def _sections(body: str, title: str) -> Iterator[tuple[str, str]]:
    """(heading, text) of each passage: paragraphs under one heading, joined while short."""
    heading, held, size = "", list[str](), 0
    for paragraph in re.split(r"\n\s*\n|\n(?=#{1,6}\s)", body):
        head, _, rest = paragraph.strip().partition("\n")
        found = _HEADING.match(head)
        text = rest.strip() if found else paragraph.strip()
        length = len(text.split())
        if held and (found or size + length > PASSAGE_WORDS):
            yield heading, "\n\n".join(held)
            held, size = [], 0
        if found:
            heading = "" if found[1] == title else found[1]
        if text:
            held.append(text)
            size += length
    if held:
        yield heading, "\n\n".join(held)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
