"""Where passages of articles are kept to be found: by words, by meaning, by who may read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.ports.knowledge import Access, Passage

Vector = Sequence[float]
"""Of length one; all in an index have as many dimensions."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage as an index keeps it.

    `page` is that of its document, 0 without pages; `digest` is what the passage, apart from who
    may read it, hashes to. `vector` is where it lies by meaning, None while nobody knows; `views`
    are the vectors of its parts, packed (`shared/knowledge/vectors.py`).
    """

    passage: Passage
    digest: str
    page: int = 0
    language: str = ""
    vector: Vector | None = field(default=None, compare=False)
    views: str = field(default="", repr=False)

    @property
    def id(self) -> str:
        """`<collection>/<slug>#<number>`."""
        return self.passage.id


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index knows of a chunk that it keeps: enough to tell whether it is still so."""

    digest: str
    access: Access
    has_vector: bool


@dataclass(frozen=True, slots=True)
class State:
    """What an index knows of itself.

    `model` is whose vectors are in it, "" when there are none; `content` what all that the last
    whole sync brought hashes to, "" while one is at it.
    """

    model: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, and for whom.

    `principals` are what the reader holds, in lower case. What is not open to them takes no part
    in the ranking; with `refused` only that does, for the record. Without a `vector` words decide.
    """

    text: str
    collections: frozenset[str]
    principals: frozenset[str] = frozenset()
    vector: Vector | None = None
    limit: int = 32
    refused: bool = False


class PassageIndex(Protocol):
    """Chunks, found by words and meaning together (reciprocal rank fusion).

    Every method raises Unavailable when the service is away or throttles.
    """

    async def state(self) -> State: ...

    async def begin(self, model: str, dimensions: int) -> None:
        """Begin a sync, for the vectors of a model; "" and 0 for none. Made where it is missing.

        Raises ConfigurationError when its vectors are another model's.
        """
        ...

    async def seal(self, content: str) -> None:
        """End a sync: all that there is, is in it."""
        ...

    async def kept(self) -> Mapping[str, Stamp]:
        """All chunks by their ids."""
        ...

    async def put(self, chunks: Sequence[Chunk]) -> None:
        """Write chunks, over those with the same ids."""
        ...

    async def admit(self, access: Mapping[str, Access]) -> None:
        """Change who may read chunks, by their ids, and nothing else of them."""
        ...

    async def remove(self, ids: Iterable[str]) -> None:
        """Remove chunks; those that are not there are no error."""
        ...

    async def search(self, query: Query) -> list[Chunk]:
        """The best chunks, the best first."""
        ...

    async def article(self, id: str, principals: frozenset[str]) -> list[Chunk]:
        """The chunks of `<collection>/<slug>` that are open to a reader, in their order."""
        ...

    async def titles(self, collections: frozenset[str], principals: frozenset[str]) -> list[str]:
        """The titles of what is open to a reader, each once."""
        ...

    async def clear(self) -> None:
        """Remove all chunks, and the name of the model."""
        ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...
