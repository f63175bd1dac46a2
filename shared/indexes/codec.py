"""A chunk as a JSON object, the same in every index; its vector lies beside it."""

from typing import Any

from shared.ports.index import Chunk, Vector
from shared.ports.knowledge import Access, Groups, Passage


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


def to_gates(access: Access) -> "tuple[Groups | None, Groups | None]":
    """Who passes the article's gate and who the folder's; None for everybody.

    More than a folder and its article demand is narrowed, never widened.
    """
    folder = access[0] if len(access) > 1 else None
    rest = access[1:] if len(access) > 1 else access
    return (frozenset.intersection(*rest) if rest else None), folder


def to_access(lists: list[list[str]]) -> Access:
    return tuple(frozenset(groups) for groups in lists)
