"""The root of a Merkle tree: one digest for all entries of a day.

Source: RFC 9162, section 2.1.1, whose prefixes keep a leaf from passing for a node.
"""

from collections.abc import Sequence
from hashlib import sha256

_LEAF, _NODE = b"\x00", b"\x01"


def root(leaves: Sequence[bytes]) -> bytes:
    """Compute the Merkle Tree Hash of a list of entries."""
    if not leaves:
        return sha256(b"").digest()
    level = [sha256(_LEAF + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(_NODE + left + right).digest() for left, right in pairs]
        level = [*above, *level[len(above) * 2 :]]
    return level[0]
