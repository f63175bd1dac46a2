"""Articles that bots share: `knowledge/<collection>/<slug>.md`, and the search in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.knowledge.index import Index
from shared.observability import log

PASSAGE_WORDS = 120
"""A passage is closed when the next paragraph would make it longer."""

FRESH = 1.0
"""Seconds between two looks whether files have changed."""

_HEADING = re.compile(r"#{1,6}\s+(.+?)[\s#]*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article, in Markdown.

    `id` is `<collection>/<slug>#<number>`. `score` from 0 to 1 is the share of a question's
    words, weighted by their rarity, that the passage has; 0 outside of a search.
    """

    id: str
    collection: str
    title: str
    heading: str
    text: str
    url: str = ""
    score: float = 0.0


class KnowledgeBase:
    """All articles under one folder, read on the first search and again when a file changes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: dict[Path, tuple[int, int]] | None = None
        self._looked = 0.0
        self._passages: list[Passage] = []
        self._index = Index([])

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

    def search(self, text: str, collections: frozenset[str], limit: int) -> list[Passage]:
        self._refresh()
        admitted = [passage.collection in collections for passage in self._passages]
        hits = self._index.search(text, admitted, limit)
        return [replace(self._passages[hit.number], score=hit.coverage) for hit in hits]

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
        self._index = Index([(p.title, p.heading, p.text) for p in passages])
        self._passages, self._files = passages, files


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What one bot may know: the passages of its collections."""

    base: KnowledgeBase
    collections: frozenset[str]

    async def search(self, text: str, limit: int = 5) -> list[Passage]:
        """The passages that fit a question best, the best first; none when no word is found."""
        return self.base.search(text, self.collections, limit)


def read_article(path: Path) -> list[Passage]:
    """The passages of a Markdown file, whose front matter may give `title` and `url`."""
    meta, body = _front_matter(path.read_text("utf-8", "replace").removeprefix("\ufeff"))
    collection, slug = path.parent.name, path.stem
    title = meta.get("title") or slug.replace("-", " ").capitalize()
    url = meta.get("url", "")
    if url and not url.startswith("https://"):
        log.warning("knowledge.url", article=f"{collection}/{slug}", wanted="https://...")
        url = ""
    return [
        Passage(f"{collection}/{slug}#{n}", collection, title, heading, text, url)
        for n, (heading, text) in enumerate(_sections(body, title), start=1)
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
