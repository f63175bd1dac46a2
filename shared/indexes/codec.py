"""A chunk as a JSON object, the same in every index; its vector lies beside it."""

from typing import Any

from shared.ports.index import Chunk, Vector
from shared.ports.knowledge import Access, Passage


def to_body(chunk: Chunk) -> dict[str, Any]:
    """All but the id, the vector, and who may read it."""
    passage = chunk.passage
    return {
        "title": passage.title,
        "heading": passage.heading,
        "path": list(passage.path),
        "text": passage.text,
        "url": passage.url,
        "asked": list(passage.asked),
        "page": chunk.page,
        "language": chunk.language,
        "views": chunk.views,
    }


def to_chunk(
    id: str, body: dict[str, Any], access: Access, digest: str, vector: Vector | None = None
) -> Chunk:
    passage = Passage(
        id,
        id.partition("/")[0],
        body["title"],
        body["heading"],
        body["text"],
        body["url"],
        access=access,
        asked=tuple(body["asked"]),
        path=tuple(body["path"]),
    )
    return Chunk(passage, digest, body["page"], body["language"], vector, body["views"])


def to_lists(access: Access) -> list[list[str]]:
    return [sorted(groups) for groups in access]


def to_access(lists: list[list[str]]) -> Access:
    return tuple(frozenset(groups) for groups in lists)
