"""An index in one SQLite file, words (FTS5) and vectors, shared by processes.

For up to 50,000 passages: the vectors are in the memory of each process that searches.
"""

import asyncio
import sqlite3
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared import wire
from shared.clients.sqlite_file import Database
from shared.errors import ConfigurationError
from shared.indexes.codec import to_access, to_body, to_chunk, to_lists
from shared.indexes.embedded.vectors import Vectors
from shared.indexes.fusion import fused
from shared.knowledge.access import opens_to
from shared.ports.index import Chunk, Query, Stamp, State
from shared.ports.knowledge import Access
from shared.text.words import terms

CONSIDERED_TERMS = 64
"""Terms of a question that are looked for."""

_SCHEMA = """
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS part (
    part INTEGER PRIMARY KEY, collection TEXT NOT NULL, access TEXT NOT NULL,
    UNIQUE (collection, access)
);
CREATE TABLE IF NOT EXISTS chunk (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    part INTEGER NOT NULL REFERENCES part,
    digest TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS content (
    number INTEGER PRIMARY KEY REFERENCES chunk, body TEXT NOT NULL, vector BLOB
);
CREATE VIRTUAL TABLE IF NOT EXISTS word USING fts5 (title, heading, text);
"""
"""A part is what is alike in collection and readers: so who may read is asked of few rows.

Contents are apart from chunks: a search by words reads the part of every passage that has one.
"""

_WORDS = """
SELECT word.rowid FROM word JOIN chunk ON chunk.number = word.rowid
WHERE word MATCH ? AND chunk.part IN (SELECT value FROM json_each(?))
ORDER BY bm25(word, 3.0, 2.0, 1.0), word.rowid LIMIT ?
"""
_CHUNKS = """
SELECT number, id, body, access, digest, vector
FROM chunk JOIN content USING (number) JOIN part USING (part)
WHERE number IN (SELECT value FROM json_each(?))
"""
_ARTICLE = """
SELECT number, id, body, access, digest, vector
FROM chunk JOIN content USING (number) JOIN part USING (part)
WHERE id > ? AND id < ? AND part IN (SELECT value FROM json_each(?))
"""


class EmbeddedIndex:
    """The PassageIndex of `sqlite:///...`."""

    def __init__(self, path: str | Path, synchronous: str = "FULL") -> None:
        self._database = Database(path, _SCHEMA, synchronous=synchronous)
        self._vectors: Vectors | None = None
        self._loaded = ""

    async def state(self) -> State:
        notes = await self._notes()
        return State(notes.get("model", ""), notes.get("content", ""))

    async def begin(self, model: str, dimensions: int) -> None:
        known = (await self.state()).model
        if known and model and known != model:
            raise ConfigurationError(
                f"the index {self._database.path} has vectors of {known}, and this app's are of "
                f"{model}: go back to {known}, or make it anew with "
                "`botfabric knowledge sync --rebuild`"
            )
        await self._write(lambda cursor: _note(cursor, model=model or known, content=""))

    async def seal(self, content: str) -> None:
        await self._write(lambda cursor: _note(cursor, content=content))

    async def kept(self) -> Mapping[str, Stamp]:
        rows = await self._database.read(
            "SELECT id, digest, access, vector IS NOT NULL "
            "FROM chunk JOIN content USING (number) JOIN part USING (part)"
        )
        return {
            id: Stamp(digest, to_access(wire.loads(access)), bool(has_vector))
            for id, digest, access, has_vector in rows
        }

    async def put(self, chunks: Sequence[Chunk]) -> None:
        def apply(cursor: sqlite3.Cursor) -> None:
            for chunk in chunks:
                _put(cursor, chunk)

        await self._write(apply)

    async def admit(self, access: Mapping[str, Access]) -> None:
        def apply(cursor: sqlite3.Cursor) -> None:
            for id, readers in access.items():
                part = _part(cursor, id.partition("/")[0], readers)
                cursor.execute("UPDATE chunk SET part = ? WHERE id = ?", (part, id))

        await self._write(apply)

    async def remove(self, ids: Iterable[str]) -> None:
        def apply(cursor: sqlite3.Cursor) -> None:
            for id in ids:
                cursor.execute(
                    "DELETE FROM word WHERE rowid = (SELECT number FROM chunk WHERE id = ?)", (id,)
                )
                cursor.execute(
                    "DELETE FROM content WHERE number = (SELECT number FROM chunk WHERE id = ?)",
                    (id,),
                )
                cursor.execute("DELETE FROM chunk WHERE id = ?", (id,))
            _forget(cursor)

        await self._write(apply)

    async def search(self, query: Query) -> list[Chunk]:
        parts = await self._parts(query.collections, query.principals, refused=query.refused)
        if not parts:
            return []
        rankings = [await self._by_words(query, parts)]
        if query.vector is not None:
            vectors = await self._ready()
            rankings.append(
                await asyncio.to_thread(vectors.nearest, query.vector, parts, query.limit)
            )
        best = fused(rankings, query.limit)
        rows = await self._database.read(_CHUNKS, (wire.dumps(best),))
        found = {row[0]: row for row in rows}
        return [_chunk(found[number]) for number in best if number in found]

    async def article(self, id: str, principals: frozenset[str]) -> list[Chunk]:
        parts = await self._parts(frozenset({id.partition("/")[0]}), principals)
        between = (f"{id}#", f"{id}$", wire.dumps(sorted(parts)))
        rows = await self._database.read(_ARTICLE, between)
        chunks = map(_chunk, rows)
        return sorted(chunks, key=lambda chunk: int(chunk.id.rpartition("#")[2]))

    async def titles(self, collections: frozenset[str], principals: frozenset[str]) -> list[str]:
        parts = await self._parts(collections, principals)
        rows = await self._database.read(
            "SELECT DISTINCT body ->> '$.title' AS title FROM chunk JOIN content USING (number) "
            "WHERE part IN (SELECT value FROM json_each(?)) ORDER BY title",
            (wire.dumps(sorted(parts)),),
        )
        return [title for (title,) in rows]

    async def clear(self) -> None:
        def apply(cursor: sqlite3.Cursor) -> None:
            for table in ("content", "chunk", "word", "part", "note"):
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608 -- names of ours
            _forget(cursor)

        await self._write(apply)

    async def check(self) -> str:
        return await self._database.check()

    async def close(self) -> None:
        self._vectors, self._loaded = None, ""
        await self._database.close()

    # --- inside --------------------------------------------------------------------------------

    async def _by_words(self, query: Query, parts: frozenset[int]) -> list[int]:
        asked = list(dict.fromkeys(terms(query.text)))[:CONSIDERED_TERMS]
        if not asked:
            return []
        match = " OR ".join(f'"{term}"' for term in asked)  # a term is letters and digits
        rows = await self._database.read(_WORDS, (match, wire.dumps(sorted(parts)), query.limit))
        return [number for (number,) in rows]

    async def _parts(
        self, collections: frozenset[str], principals: frozenset[str], *, refused: bool = False
    ) -> frozenset[int]:
        rows = await self._database.read("SELECT part, collection, access FROM part")
        return frozenset(
            part
            for part, collection, access in rows
            if collection in collections
            and opens_to(to_access(wire.loads(access)), principals) != refused
        )

    async def _ready(self) -> Vectors:
        """The vectors as they are now: read again when any process has written."""
        written = (await self._notes()).get("written", "")
        if self._vectors is None or self._loaded != written:
            self._vectors = await asyncio.to_thread(Vectors, self._database.path)
            self._loaded = written
        return self._vectors

    async def _notes(self) -> dict[str, str]:
        return dict(await self._database.read("SELECT name, value FROM note"))

    async def _write(self, work: Any) -> None:
        def apply(cursor: sqlite3.Cursor) -> None:
            work(cursor)
            cursor.execute(
                "INSERT INTO note VALUES ('written', hex(randomblob(8))) "
                "ON CONFLICT DO UPDATE SET value = excluded.value"
            )

        await self._database.write(apply)


def _note(cursor: sqlite3.Cursor, **notes: str) -> None:
    for name, value in notes.items():
        cursor.execute(
            "INSERT INTO note VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            (name, value),
        )


def _part(cursor: sqlite3.Cursor, collection: str, access: Access) -> int:
    row = (collection, wire.dumps(to_lists(access)))
    cursor.execute("INSERT OR IGNORE INTO part (collection, access) VALUES (?, ?)", row)
    cursor.execute("SELECT part FROM part WHERE collection = ? AND access = ?", row)
    return int(cursor.fetchone()[0])


def _put(cursor: sqlite3.Cursor, chunk: Chunk) -> None:
    passage = chunk.passage
    vector = None if chunk.vector is None else array("f", chunk.vector).tobytes()
    [[number]] = cursor.execute(
        "INSERT INTO chunk (id, part, digest) VALUES (?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET part = excluded.part, digest = excluded.digest "
        "RETURNING number",
        (chunk.id, _part(cursor, passage.collection, passage.access), chunk.digest),
    )
    cursor.execute(
        "INSERT OR REPLACE INTO content (number, body, vector) VALUES (?, ?, ?)",
        (number, wire.dumps(to_body(chunk)), vector),
    )
    text = f"{passage.text} {' '.join(passage.asked)}"
    row = [" ".join(terms(part)) for part in (passage.title, passage.heading, text)]
    cursor.execute("DELETE FROM word WHERE rowid = ?", (number,))
    cursor.execute(
        "INSERT INTO word (rowid, title, heading, text) VALUES (?, ?, ?, ?)", (number, *row)
    )


def _forget(cursor: sqlite3.Cursor) -> None:
    """Merge the words: until then, those of what was removed lie in the file."""
    cursor.execute("INSERT INTO word (word) VALUES ('optimize')")


def _chunk(row: tuple[Any, ...]) -> Chunk:
    _, id, body, access, digest, packed = row
    vector = None if packed is None else array("f", packed)
    return to_chunk(id, wire.loads(body), to_access(wire.loads(access)), digest, vector)
