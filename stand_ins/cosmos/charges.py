"""What a request costs, in request units, by the published charges of operation and size.

Published for session consistency: a point read of 1 KB costs 1, of 100 KB 10; an insert of 1 KB
that indexes nothing about 5.5; a replacement twice the insert of the same item. By the published
examples of capacity (1, 4 and 64 KB cost 5, 7 and 48 a write) a write grows by 0.68 a KB. Not
published and assumed: a deletion costs an insert, a query 2.3 and its items by their size.
"""

import json
from collections.abc import Sequence
from typing import Any

KB = 1024

READ = 1.0
READ_OF_EACH_FURTHER_KB = 9 / 99
INSERT = 5.5
WRITE_OF_EACH_FURTHER_KB = 43 / 63
REPLACEMENT_TIMES_INSERT = 2
QUERY = 2.3
FAILED = 1.0
"""A read of what is not there, and any other operation that fails."""

RESOURCE = 4.95
"""A database or container is made or removed."""


def of(kind: str, status: int, body: Any, *, replaced: bool) -> float:
    """Return the charge of one operation on an item; `replaced`: one was there before."""
    if status >= 300:
        return FAILED
    further = max(0.0, _kilobytes(body) - 1)
    if kind == "Read":
        return round(READ + further * READ_OF_EACH_FURTHER_KB, 2)
    insert = INSERT + further * WRITE_OF_EACH_FURTHER_KB
    times = REPLACEMENT_TIMES_INSERT if replaced and kind != "Delete" else 1
    return round(insert * times, 2)


def of_page(documents: Sequence[Any]) -> float:
    """Return the charge of one page of a query or of the change feed."""
    return round(QUERY + sum(map(_kilobytes, documents)) * READ_OF_EACH_FURTHER_KB, 2)


def _kilobytes(body: Any) -> float:
    return len(json.dumps(body, separators=(",", ":")).encode()) / KB
