"""What one write may hold, the same for every store."""

from collections.abc import Sequence

from shared import wire
from shared.errors import PermanentError
from shared.ports.store import Delete, Op

MAX_OPS = 100
MAX_BYTES = 2_000_000
"""Limits of one write, those of a Cosmos transactional batch.

The service counts the whole request, up to 2 MiB; what is left over the bodies is for their
envelopes, about 970 bytes each.
"""

MOST_BYTES_A_CHARACTER = 4


def encoded(ops: Sequence[Op]) -> list[str]:
    """The bodies as JSON, "" for a delete. A write over the limits is a PermanentError."""
    if len(ops) > MAX_OPS:
        raise PermanentError("batch_too_large", f"{len(ops)} operations, {MAX_OPS} allowed")
    bodies = ["" if isinstance(op, Delete) else wire.dumps(op.body) for op in ops]
    if sum(map(len, bodies)) * MOST_BYTES_A_CHARACTER > MAX_BYTES < sum(map(_bytes, bodies)):
        raise PermanentError("batch_too_large", f"over {MAX_BYTES} bytes of JSON")
    return bodies


def _bytes(body: str) -> int:
    return len(body.encode())
