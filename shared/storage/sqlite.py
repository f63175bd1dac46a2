"""The embedded store: one table of documents in a SQLite file, shared by processes."""

import asyncio
import secrets
import sqlite3
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import monotonic, time
from typing import Any

from shared import wire
from shared.clients.repeat import Repeat
from shared.clients.sqlite_file import Database
from shared.errors import Conflict, Unavailable
from shared.ports.store import FOR_EVER, Create, Delete, Etags, Item, Op
from shared.storage import batch

PURGE_SECONDS = 0.2
PURGE_ITEMS = 100
"""How often a process removes expired items while there are any, and how many at once: few enough
that a turn does not notice."""

IDLE_PURGE_SECONDS = 30.0
"""When a process looks again that found none, also while nobody writes."""

SLICE = 200
"""Partitions, and items of one, that a search of all of them looks through before others go on."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS item (
    partition TEXT NOT NULL,
    id TEXT NOT NULL,
    etag TEXT NOT NULL,
    due REAL,
    expires REAL,
    body TEXT NOT NULL,
    PRIMARY KEY (partition, id)
);
CREATE INDEX IF NOT EXISTS item_due ON item (partition, due, id) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS item_expires ON item (expires) WHERE expires IS NOT NULL;
"""
"""With a rowid, so that bodies lie outside of the tree by key: that stays flat, and what a turn
creates lies side by side."""

_GET = """
SELECT partition, id, body, etag, due FROM item
WHERE partition = ? AND id = ? AND (expires IS NULL OR expires > ?)
"""
_FIND = """
SELECT partition, id, body, etag, due FROM item
WHERE partition = ? AND id >= ? AND id < ? AND (expires IS NULL OR expires > ?)
ORDER BY id LIMIT ?
"""
_FIND_DUE = """
SELECT partition, id, body, etag, due FROM item INDEXED BY item_due
WHERE partition = ? AND id >= ? AND id < ? AND (expires IS NULL OR expires > ?)
AND due IS NOT NULL AND due <= ? ORDER BY due, id LIMIT ?
"""
_PARTITIONS = """
WITH RECURSIVE slice (partition) AS (
    SELECT min(partition) FROM item WHERE partition > ?
    UNION ALL
    SELECT (SELECT min(partition) FROM item WHERE partition > slice.partition)
    FROM slice WHERE slice.partition IS NOT NULL
)
SELECT partition FROM slice WHERE partition IS NOT NULL LIMIT ?
"""
"""Jumps from partition to partition in the index, however many items each holds."""

_FIND_ALL_DUE = """
SELECT partition, id, body, etag, due FROM item
WHERE (partition, id) IN (
    SELECT partition, id FROM item INDEXED BY item_due
    WHERE (partition, id) > (?, ?) AND id >= ? AND id < ? AND due IS NOT NULL AND due <= ?
) AND (expires IS NULL OR expires > ?)
ORDER BY due, partition, id LIMIT ?
"""
"""The index alone tells what is due: of what is not, nothing is fetched."""

_UPSERT = """
INSERT INTO item (partition, id, etag, due, expires, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET etag = excluded.etag, due = excluded.due, expires = excluded.expires,
body = excluded.body
"""
_CREATE = f"{_UPSERT} WHERE item.expires <= ?"
_REPLACE = """
UPDATE item SET etag = ?, due = ?, expires = ?, body = ?
WHERE partition = ? AND id = ? AND etag = ? AND (expires IS NULL OR expires > ?)
"""
_DELETE = "DELETE FROM item WHERE partition = ? AND id = ?"
_DELETE_IF = f"{_DELETE} AND etag = ? AND (expires IS NULL OR expires > ?)"
_PURGE = """
DELETE FROM item WHERE (partition, id) IN
(SELECT partition, id FROM item WHERE expires <= ? ORDER BY expires LIMIT ?)
"""


class SqliteStore:
    """Documents in a file. Expired ones are invisible at once and removed little by little."""

    def __init__(self, path: str | Path, synchronous: str = "FULL") -> None:
        self._database = Database(path, _SCHEMA, synchronous=synchronous)
        self._etags = map(f"{secrets.token_hex(4)}-{{:x}}".format, count())
        self._purge_at, self._purge_pause = 0.0, PURGE_SECONDS
        self._purger: Repeat | None = None

    async def get(self, partition: str, id: str) -> Item | None:
        if self._purger is None:
            self._purge_later()
        rows = await self._database.read(_GET, (partition, id, time()))
        return _item(*rows[0]) if rows else None

    async def find(
        self,
        partition: str | None,
        prefix: str,
        *,
        after: str = "",
        due_by: float | None = None,
        limit: int = 100,
    ) -> list[Item]:
        if partition is None and due_by is None:
            return await self._find_all(prefix, after, limit)
        end = f"{prefix}\U0010ffff"
        if partition is None:
            above, _, after = after.partition("\n")
            sql = _FIND_ALL_DUE
            parameters: tuple[Any, ...] = (above, after, prefix, end, due_by, time())
        else:
            start = max(prefix, f"{after}\0") if after else prefix
            sql = _FIND if due_by is None else _FIND_DUE
            parameters = (partition, start, end, time())
            if due_by is not None:
                parameters = (*parameters, due_by)
        rows = await self._database.read(sql, (*parameters, limit))
        return [_item(*row) for row in rows]

    async def _find_all(self, prefix: str, after: str, limit: int) -> list[Item]:
        """Partition by partition, a slice at a time, so that nobody waits for the whole."""
        above, _, last = after.partition("\n")
        found = await self._find_in(above, prefix, last, limit) if above else []
        while len(found) < limit:
            slice = await self._database.read(_PARTITIONS, (above, SLICE))
            if not slice:
                break
            for (above,) in slice:
                found += await self._find_in(above, prefix, "", limit - len(found))
                if len(found) >= limit:
                    break
            await asyncio.sleep(0)
        return found

    async def _find_in(self, partition: str, prefix: str, after: str, limit: int) -> list[Item]:
        """As `find` in one partition, a slice at a time."""
        found: list[Item] = []
        while limit > 0:
            page = await self.find(partition, prefix, after=after, limit=min(limit, SLICE))
            found += page
            limit -= len(page)
            if len(page) < SLICE:
                break
            after = page[-1].id
            await asyncio.sleep(0)
        return found

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        """As the port says; a batch over Cosmos' limits is a PermanentError."""
        if not ops:
            return {}
        bodies, now, etag = batch.encoded(ops), time(), next(self._etags)
        steps = [
            _step(partition, op, body, etag, now) for op, body in zip(ops, bodies, strict=True)
        ]

        def apply(cursor: sqlite3.Cursor) -> None:
            for sql, parameters, condition in steps:
                if cursor.execute(sql, parameters).rowcount != 1 and condition is not None:
                    raise Conflict(condition)
            if monotonic() > self._purge_at:
                self._purge(cursor)

        await self._database.write(apply, durable=durable)
        self._purge_later()
        return {op.id: etag for op in ops if not isinstance(op, Delete)}

    def _purge(self, cursor: sqlite3.Cursor) -> None:
        """Remove some of what has expired, and note whether there may be more."""
        removed = cursor.execute(_PURGE, (time(), PURGE_ITEMS)).rowcount
        self._purge_at = monotonic() + PURGE_SECONDS
        self._purge_pause = PURGE_SECONDS if removed == PURGE_ITEMS else IDLE_PURGE_SECONDS

    def _purge_later(self) -> None:
        """See to what expires while nobody writes; one timer for each process."""
        loop = asyncio.get_running_loop()
        if self._purger is None or self._purger.loop is not loop:
            self._purger = Repeat(loop, self._purge_now)

    async def _purge_now(self) -> float:
        if monotonic() > self._purge_at:
            with suppress(Unavailable):
                await self._database.write(self._purge, durable=False)
        return max(0.2, self._purge_pause)

    async def check(self) -> str:
        return await self._database.check()

    async def close(self) -> None:
        if self._purger is not None:
            self._purger.stop()
            self._purger = None
        await self._database.close()


def _item(partition: str, id: str, body: str, etag: str, due: float | None) -> Item:
    return Item(partition, id, wire.loads(body), etag, due)


def _step(
    partition: str, op: Op, body: str, etag: str, now: float
) -> tuple[str, tuple[Any, ...], str | None]:
    """SQL, its parameters, and the id that lost when no row is changed (None: no matter)."""
    if isinstance(op, Delete):
        if op.etag is None:
            return _DELETE, (partition, op.id), None
        return _DELETE_IF, (partition, op.id, op.etag, now), op.id
    expires = None if op.ttl is None or op.ttl == FOR_EVER else now + op.ttl
    if isinstance(op, Create):
        return _CREATE, (partition, op.id, etag, op.due, expires, body, now), op.id
    if op.etag is None:
        return _UPSERT, (partition, op.id, etag, op.due, expires, body), None
    return _REPLACE, (etag, op.due, expires, body, partition, op.id, op.etag, now), op.id
