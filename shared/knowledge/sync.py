"""Brings the documents of a collection's sources in as articles, and takes out what is gone.

A document is asked for when its source does not say that it is the same, and written when it
hashes to something else; so a sync that was killed goes on where it was, and one without changes
writes nothing.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from shared.errors import Unavailable
from shared.knowledge.documents.document import MAX_BYTES, Document, TooLarge, Unreadable
from shared.knowledge.documents.read import read
from shared.knowledge.kept import Kept, Note, Notes, kept_articles, remove_drafts, replace_whole
from shared.ports.documents import Content, Listed, Source

SAVED_EVERY = 50
"""Documents after which the notes are saved: so many are asked for again after a kill."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A source by its `key`, the place that the file names.

    `access` are those who may read its documents, None for everybody. With `copies_access` they
    are those whom the source lets read, and nobody where it names nobody.
    """

    key: str
    source: Source
    access: Sequence[str] | None = None
    copies_access: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """A document of a source, and the article that it becomes."""

    declared: Declared
    listed: Listed

    @property
    def slug(self) -> str:
        return slug_of(PurePosixPath(self.listed.name).parts)

    @property
    def readers(self) -> Sequence[str] | None:
        if self.declared.copies_access:
            return sorted(self.listed.readers or ())
        return self.declared.access

    @property
    def access(self) -> str:
        """The line of the article that says who may read it."""
        return "" if self.readers is None else f"access: {json.dumps(list(self.readers))}"

    @property
    def about(self) -> str:
        """A hash of what the article says beside the document's content."""
        said = [self.declared.key, self.listed.name, self.listed.url, self.access]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def digest(self, body: bytes) -> str:
        return hashlib.sha256(self.about.encode() + body).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sync has to do: bring, remove; `clashes` say what it will not do."""

    bring: Sequence[Origin]
    gone: Sequence[str]
    clashes: Mapping[str, str]


@dataclass
class Synced:
    """What became of each: slugs, and for what was skipped the reason by document.

    `away` has the reason by source that could not be listed; its articles stay as they are.
    """

    whole: int = 0
    written: list[str] = field(default_factory=list)
    same: int = 0
    gone: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    away: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> int:
        return len(self.written) + self.same + len(self.skipped)

    @property
    def is_whole(self) -> bool:
        return not self.skipped and not self.away


async def sync(
    collection: Path, declared: Sequence[Declared], notes: Notes
) -> AsyncIterator[Synced]:
    """Do it, document by document; yields what was done so far. A bad document is skipped.

    What is gone goes first. The article of a document that cannot be read any more goes too: its
    old text may be what somebody took back.
    """
    remove_drafts(collection)
    kept, done = kept_articles(collection), Synced()
    origins = [origin async for origin in _origins(declared, done)]
    plan = plan_sync(origins, kept, away=done.away)
    done.skipped |= plan.clashes
    done.whole = len(plan.bring) + len(plan.clashes)
    for slug in plan.gone:
        _remove(collection, slug, notes)
        done.gone.append(slug)
    notes.save()
    yield done
    try:
        for number, origin in enumerate(plan.bring, start=1):
            await _bring(collection, origin, kept.get(origin.slug), notes, done)
            if number % SAVED_EVERY == 0:
                notes.save()
            yield done
    finally:
        notes.save()


def plan_sync(
    found: Sequence[Origin],
    kept: Mapping[str, Kept | None],
    away: Mapping[str, str] | None = None,
) -> Plan:
    """`kept` has the articles by slug; nothing of a source that is `away` is gone."""
    bring, clashes, taken = list[Origin](), dict[str, str](), dict[str, Origin]()
    for origin in found:
        name, slug = origin.listed.name, origin.slug
        article = kept.get(slug)
        if (other := taken.get(slug)) is not None:
            clashes[name] = f"would be article {slug!r}, which {other.listed.name} is"
        elif slug in kept and article is None:
            clashes[name] = f"article {slug!r} is written by hand; rename one"
        elif article and away and article.source in away:
            clashes[name] = f"would be article {slug!r} of a source that is away"
        else:
            taken[slug] = origin
            bring.append(origin)
    gone = [
        slug
        for slug, article in kept.items()
        if article is not None
        and slug not in taken
        and not (away and (not article.source or article.source in away))
    ]
    return Plan(bring, gone, clashes)


async def _origins(declared: Sequence[Declared], done: Synced) -> AsyncIterator[Origin]:
    """The documents of every source that can be listed whole."""
    for one in declared:
        try:
            listed = [document async for document in one.source.listed()]
        except Unavailable as error:
            done.away[one.key] = str(error)
            continue
        for document in listed:
            if document.left_out:
                done.left_out[document.name] = document.left_out
            else:
                yield Origin(one, document)


async def _bring(
    collection: Path, origin: Origin, kept: Kept | None, notes: Notes, done: Synced
) -> None:
    """Bring one document in, unless it is the same, and book what became of it."""
    note = notes.documents.get(origin.slug)
    fresh = kept and note and note.digest == kept.digest and note.about == origin.about
    version = note.version if fresh and note else ""
    name = origin.listed.name
    if version and version == origin.listed.version:
        done.same += 1
        return
    try:
        content = await _content(origin, version)
        if content is None:
            done.same += 1
            return
        digest = origin.digest(content.body)
        if kept is None or kept.digest != digest:
            document = _read(name, content.body)
            replace_whole(collection / f"{origin.slug}.md", article_of(origin, document, digest))
            done.written.append(origin.slug)
        else:
            done.same += 1
        notes.documents[origin.slug] = Note(digest, origin.about, content.version)
    except Unavailable as error:
        done.skipped[name] = f"{error}; the next sync tries again"
        if kept and kept.access != origin.access:
            _remove(collection, origin.slug, notes)  # it may be for fewer people now
    except (Unreadable, OSError) as error:
        done.skipped[name] = str(error)
        _remove(collection, origin.slug, notes)


async def _content(origin: Origin, version: str) -> Content | None:
    if origin.listed.size > MAX_BYTES:
        raise TooLarge(f"over {MAX_BYTES // 1_000_000} MB; split it")
    return await origin.declared.source.content(origin.listed, version)


def _read(name: str, body: bytes) -> Document:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"document{PurePosixPath(name).suffix}"
        path.write_bytes(body)
        return read(path)


def article_of(origin: Origin, document: Document, digest: str) -> str:
    """The article's text, with its front matter."""
    name = " ".join(origin.listed.name.split())
    title = " ".join((document.title or PurePosixPath(name).stem.replace("-", " ")).split())
    return "\n".join(["---", *_head(origin, title, name, digest), "---", "", _body(document), ""])


def _head(origin: Origin, title: str, name: str, digest: str) -> Iterator[str]:
    yield f"title: {title[:200]}"
    if url := "".join(origin.listed.url.split()):
        yield f"url: {url}"
    if origin.access:
        yield origin.access
    yield f"source: {json.dumps(origin.declared.key)}"
    yield f'synced: "{name}#{digest}"'


def _body(document: Document) -> str:
    return re.sub(r"(?m)^---$", "- - -", document.markdown).strip()


def slug_of(parts: Sequence[str]) -> str:
    """A name of small letters, digits and hyphens, made of the path without its ending."""
    text = unicodedata.normalize("NFKD", "-".join(parts).rpartition(".")[0])
    plain = "".join(letter for letter in text if not unicodedata.combining(letter)).casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:100] or "document"


def _remove(collection: Path, slug: str, notes: Notes) -> None:
    (collection / f"{slug}.md").unlink(missing_ok=True)
    notes.documents.pop(slug, None)
