"""Brings the documents of a collection's sources in as articles, and takes out what is gone.

An article says in its front matter from which document it is and what that document's content
hashed to; so a sync that was killed goes on where it was, and one without changes writes nothing.
"""

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from shared.knowledge.documents.document import Document, Unreadable
from shared.knowledge.documents.read import SUFFIXES, read
from shared.knowledge.sources import Source

_SYNCED = re.compile(r'^synced: "(.*)#([0-9a-f]{64})"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Origin:
    """A document of a source; `digest` is of its content and of who may read it."""

    source: Source
    path: Path
    slug: str
    digest: str

    @property
    def name(self) -> str:
        return self.path.relative_to(self.source.folder).as_posix()

    @property
    def url(self) -> str:
        return self.source.url and f"{self.source.url.rstrip('/')}/{quote(self.name)}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sync has to do: write, leave as it is, remove; `clashes` say what it will not do."""

    write: Sequence[Origin]
    same: Sequence[Origin]
    gone: Sequence[str]
    clashes: Mapping[str, str]


@dataclass
class Synced:
    """What became of each: slugs, and for what was skipped the reason by document."""

    written: list[str] = field(default_factory=list)
    same: int = 0
    gone: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def origins(sources: Sequence[Source]) -> Iterator[Origin]:
    """Every document that can be read, in the order of the names."""
    for source in sources:
        for path in sorted(source.folder.rglob("*")):
            parts = path.relative_to(source.folder).parts
            if path.suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in parts):
                continue
            if path.is_file() and path.resolve().is_relative_to(source.folder.resolve()):
                yield Origin(source, path, slug_of(parts), _digest(source, path))


def plan_sync(found: Sequence[Origin], kept: Mapping[str, str | None]) -> Plan:
    """`kept` has the digest of each article by slug, None for one that an author wrote."""
    write, same = list[Origin](), list[Origin]()
    clashes, taken = dict[str, str](), dict[str, Origin]()
    for origin in found:
        if (other := taken.get(origin.slug)) is not None:
            clashes[origin.name] = f"would be article {origin.slug!r}, which {other.name} is"
        elif origin.slug in kept and kept[origin.slug] is None:
            clashes[origin.name] = f"article {origin.slug!r} is written by hand; rename one"
        else:
            taken[origin.slug] = origin
            (same if kept.get(origin.slug) == origin.digest else write).append(origin)
    gone = [slug for slug, digest in kept.items() if digest is not None and slug not in taken]
    return Plan(write, same, gone, clashes)


def kept_articles(collection: Path) -> dict[str, str | None]:
    """The articles there are by slug, with the digest of what they were made of."""
    kept = {}
    for path in collection.glob("*.md"):
        head = path.read_text("utf-8", "replace").split("\n---\n", 1)[0]
        match = _SYNCED.search(head)
        kept[path.stem] = match[2] if match else None
    return kept


def carry_out(collection: Path, plan: Plan) -> Iterator[Synced]:
    """Do it, document by document; yields what was done so far. A bad document is skipped.

    What is gone goes first. The article of a document that cannot be read any more goes too: its
    old text may be what somebody took back.
    """
    done = Synced(same=len(plan.same), skipped=dict(plan.clashes))
    for slug in plan.gone:
        (collection / f"{slug}.md").unlink(missing_ok=True)
        done.gone.append(slug)
    yield done
    for origin in plan.write:
        try:
            _write(collection / f"{origin.slug}.md", article_of(origin, read(origin.path)))
        except (Unreadable, OSError) as error:
            done.skipped[origin.name] = str(error)
            (collection / f"{origin.slug}.md").unlink(missing_ok=True)
        else:
            done.written.append(origin.slug)
        yield done


def article_of(origin: Origin, document: Document) -> str:
    """The article's text, with its front matter."""
    title = " ".join((document.title or origin.path.stem.replace("-", " ")).split())
    head = [f"title: {title[:200]}"]
    if origin.url:
        head.append(f"url: {origin.url}")
    if origin.source.access is not None:
        head.append(f"access: {json.dumps(list(origin.source.access))}")
    head.append(f'synced: "{origin.name}#{origin.digest}"')
    body = re.sub(r"(?m)^---$", "- - -", document.markdown).strip()
    return "\n".join(["---", *head, "---", "", body, ""])


def slug_of(parts: Sequence[str]) -> str:
    """A name of small letters, digits and hyphens, made of the path without its ending."""
    text = unicodedata.normalize("NFKD", "-".join(parts).rpartition(".")[0])
    plain = "".join(letter for letter in text if not unicodedata.combining(letter)).casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:100] or "document"


def _digest(source: Source, path: Path) -> str:
    about = json.dumps([source.url, source.access and list(source.access)]).encode()
    return hashlib.sha256(about + path.read_bytes()).hexdigest()


def _write(path: Path, text: str) -> None:
    """Replace the file whole: who reads meanwhile has the old one or the new one."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)
