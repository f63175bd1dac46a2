"""What is known of articles that came from sources: from the articles themselves, and from notes.

An article says in its front matter where it is from and what that hashed to. The notes beside it
save work and may be deleted at any time: the versions by which a source is asked for what is newer.
"""

import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

NOTES = ".sync.json"
DRAFT = ".new"

_SYNCED = re.compile(r'^synced: "(.*)#([0-9a-f]{64})"$', re.MULTILINE)
_SOURCE = re.compile(r"^source: (\".*\")$", re.MULTILINE)
_ACCESS = re.compile(r"^access: .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Kept:
    """An article that came from `source`; `access` is the line that says who may read it."""

    source: str
    digest: str
    access: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """The version that an article was made of; `about` hashes what else is said of it."""

    digest: str
    about: str
    version: str


@dataclass(slots=True)
class Notes:
    """By article, and for each source what it wrote down itself."""

    path: Path
    documents: dict[str, Note] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, collection: Path) -> Self:
        """Read the notes of a collection, none where they cannot be read."""
        path = collection / NOTES
        try:
            raw = json.loads(path.read_text("utf-8"))
            documents = {slug: Note(**note) for slug, note in raw["documents"].items()}
            sources = {key: dict(own) for key, own in raw["sources"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return cls(path)
        return cls(path, documents, sources)

    def save(self) -> None:
        body = {
            "documents": {slug: asdict(note) for slug, note in self.documents.items()},
            "sources": self.sources,
        }
        replace_whole(self.path, json.dumps(body))


def kept_articles(collection: Path) -> dict[str, Kept | None]:
    """The articles there are by slug, None for one that an author wrote."""
    return {path.stem: _kept(path) for path in collection.glob("*.md")}


def replace_whole(path: Path, text: str) -> None:
    """Write a file whole: who reads meanwhile has the old one or the new one."""
    draft = path.with_name(f".{path.name}{DRAFT}")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def remove_drafts(collection: Path) -> None:
    """Remove what a sync that was killed had not finished writing."""
    for draft in collection.glob(f".*{DRAFT}"):
        draft.unlink(missing_ok=True)


def _kept(path: Path) -> Kept | None:
    head = path.read_text("utf-8", "replace").split("\n---\n", 1)[0]
    if (synced := _SYNCED.search(head)) is None:
        return None
    source, access = _SOURCE.search(head), _ACCESS.search(head)
    return Kept(json.loads(source[1]) if source else "", synced[2], access[0] if access else "")
