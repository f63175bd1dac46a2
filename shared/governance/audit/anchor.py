"""What to keep outside of the store: of each day the root, and its entries' digests.

The root alone shows that a day was rewritten; the digests show where.
"""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Self

from shared.errors import ConfigurationError
from shared.governance.audit.chain import entries
from shared.governance.audit.merkle import root
from shared.ports.store import Store


@dataclass(frozen=True, slots=True)
class Anchored:
    """One day: the Merkle root over its entries' digests, and these with their times."""

    day: str
    root: str
    leaves: list[str]
    times: list[str]

    @property
    def is_whole(self) -> bool:
        try:
            return root([bytes.fromhex(leaf) for leaf in self.leaves]).hex() == self.root
        except ValueError:
            return False

    @classmethod
    def read(cls, text: str) -> list[Self]:
        """Read lines that `to_line` wrote. Raises ConfigurationError for others."""
        try:
            return [cls(**json.loads(line)) for line in text.splitlines() if line.strip()]
        except (ValueError, TypeError) as error:
            raise ConfigurationError(
                "the anchor is not one that `botfabric audit anchor` wrote: one JSON object a line"
            ) from error

    def to_line(self) -> str:
        return json.dumps(asdict(self))


async def anchor(store: Store) -> list[Anchored]:
    """Anchor every day there is that still has its first entry."""
    found: defaultdict[str, list[tuple[int, str, str]]] = defaultdict(list)
    async for entry in entries(store):
        found[entry.day].append((entry.number, entry.digest, entry.at))
    return [
        Anchored(
            day,
            root([bytes.fromhex(digest) for _, digest, _ in rows]).hex(),
            [digest for _, digest, _ in rows],
            [at for _, _, at in rows],
        )
        for day, rows in sorted(found.items())
        if rows[0][0] == 1
    ]
