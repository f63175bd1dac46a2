"""The embedded store: one table of documents in a SQLite file, shared by processes."""

import secrets
import sqlite3
from itertools import count
from pathlib import Path
from time import monotonic, time
from typing import Any

from shared import wire
from shared.clients.sqlite_file import Database
from shared.errors import Conflict
from shared.ports.store import Create, Delete, Item, Op
from shared.storage import batch

PURGE_SECONDS = 1.0
PURGE_ITEMS = 200
"""How often a process that writes removes expired items, and how many at most."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS item (
    partition TEXT NOT NULL,
    id TEXT NOT NULL,
    etag TEXT NOT NULL,
    due REAL,
    expires REAL,
    body TEXT NOT NULL,
    PRIMARY KEY (partition, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS item_due ON item (partition, due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS item_expires ON item (expires) WHERE expires IS NOT NULL;
"""

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
_FIND_ALL = """
SELECT partition, id, body, etag, due FROM item
WHERE (partition, id) > (?, ?) AND id >= ? AND id < ? AND (expires IS NULL OR expires > ?)
ORDER BY partition, id LIMIT ?
"""
_FIND_ALL_DUE = """
SELECT partition, id, body, etag, due FROM item
WHERE (partition, id) IN (
    SELECT partition, id FROM item INDEXED BY item_due
    WHERE (partition, id) > (?1, ?2) AND id >= ?3 AND id < ?4 AND due IS NOT NULL AND due <= ?6
) AND (expires IS NULL OR expires > ?5)
ORDER BY due, partition, id LIMIT ?7
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
        self._purge_at = 0.0

    async def get(self, partition: str, id: str) -> Item | None:
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
        end = f"{prefix}\U0010ffff"
        if partition is None:
            above, _, after = after.partition("\n")
            sql = _FIND_ALL if due_by is None else _FIND_ALL_DUE
            parameters: tuple[Any, ...] = (above, after, prefix, end, time())
        else:
            start = max(prefix, f"{after}\0") if after else prefix
            sql = _FIND if due_by is None else _FIND_DUE
            parameters = (partition, start, end, time())
        if due_by is not None:
            parameters = (*parameters, due_by)
        rows = await self._database.read(sql, (*parameters, limit))
        return [_item(*row) for row in rows]

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> None:
        """As the port says; a batch over Cosmos' limits is a PermanentError."""
        if not ops:
            return
        bodies, now, etag = batch.encoded(ops), time(), next(self._etags)
        steps = [
            _step(partition, op, body, etag, now) for op, body in zip(ops, bodies, strict=True)
        ]

        def apply(cursor: sqlite3.Cursor) -> None:
            for sql, parameters, condition in steps:
                if cursor.execute(sql, parameters).rowcount != 1 and condition is not None:
                    raise Conflict(condition)
            if monotonic() > self._purge_at:
                self._purge_at = monotonic() + PURGE_SECONDS
                cursor.execute(_PURGE, (now, PURGE_ITEMS))

        await self._database.write(apply, durable=durable)

    async def check(self) -> str:
        return await self._database.check()

    async def close(self) -> None:
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
    expires = None if op.ttl is None else now + op.ttl
    if isinstance(op, Create):
        return _CREATE, (partition, op.id, etag, op.due, expires, body, now), op.id
    if op.etag is None:
        return _UPSERT, (partition, op.id, etag, op.due, expires, body), None
    return _REPLACE, (etag, op.due, expires, body, partition, op.id, op.etag, now), op.id
