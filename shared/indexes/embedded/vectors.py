"""The vectors of an embedded index in memory: one product tells how near all of them are."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.ports.index import Vector

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_ALL = """
SELECT number, part, vector FROM content JOIN chunk USING (number)
WHERE vector IS NOT NULL ORDER BY number
"""


class Vectors:
    """Of all chunks that have one; a `part` is a collection and who may read."""

    def __init__(self, path: Path) -> None:
        """Read them with a connection of its own, so that this can be done in a thread."""
        import numpy as np

        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
            rows = connection.execute(_ALL).fetchall()
        self._numbers: Array = np.array([row[0] for row in rows], np.int64)
        self._parts: Array = np.array([row[1] for row in rows], np.int64)
        packed = np.frombuffer(b"".join(row[2] for row in rows), np.float32)
        self._matrix: Array = packed.reshape(len(rows), -1) if rows else np.zeros((0, 1))

    def nearest(self, vector: Vector, parts: frozenset[int], limit: int) -> list[int]:
        """The numbers of the chunks in these parts that are nearest, the nearest first."""
        import numpy as np

        if not len(self._numbers) or len(vector) != self._matrix.shape[1]:
            return []
        admitted = np.isin(self._parts, list(parts))
        near = self._matrix @ np.asarray(vector, np.float32)
        near[~admitted] = -np.inf
        count = min(limit, int(admitted.sum()))
        if not count:
            return []
        best = np.argpartition(near, -count)[-count:]
        return [int(self._numbers[n]) for n in best[np.argsort(-near[best])]]
