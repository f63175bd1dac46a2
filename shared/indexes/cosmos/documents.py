"""A chunk as a document, and what is asked of all of them, as Cosmos understands it.

Words are looked for in our own stems, so that all indexes find the same. The words of a title
stand three times, those of a heading twice: BM25 has no weights, and counts them so.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from typing import Any, NamedTuple

from shared.indexes.codec import to_access, to_body, to_chunk, to_gates, to_lists
from shared.ports.index import Chunk, Query, Stamp, Vector
from shared.ports.knowledge import Access, Groups
from shared.text.words import terms

STATE = "state"
"""The document that says whose vectors these are; its partition has the same name."""

EVERYBODY = ""
"""No name is empty, so nobody is named so."""

CONSIDERED_TERMS = 30
TITLE_TIMES, HEADING_TIMES = 3, 2

_CHUNK = "c.chunk, c.digest, c.access, c.body"
_IS_CHUNK = "IS_DEFINED(c.chunk)"


class Asked(NamedTuple):
    """A query, with values that are never part of its text."""

    text: str
    values: dict[str, Any]

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return [{"name": f"@{name}", "value": value} for name, value in self.values.items()]


def key(id: str) -> str:
    """The id of a chunk's document: `/` and `#` are not allowed in one."""
    return "c-" + urlsafe_b64encode(id.encode()).decode()


def partition(id: str) -> str:
    return id.partition("/")[0]


def document(chunk: Chunk) -> dict[str, Any]:
    passage = chunk.passage
    found = {
        "id": key(chunk.id),
        "chunk": chunk.id,
        "collection": passage.collection,
        "article": passage.article,
        "title": passage.title,
        "digest": chunk.digest,
        "has_vector": chunk.vector is not None,
        "body": to_body(chunk),
        "words": " ".join(_words(chunk)),
        **readers(passage.access),
    }
    if chunk.vector is not None:
        found["vector"] = list(chunk.vector)
    return found


def state(model: str, content: str) -> dict[str, Any]:
    return {"id": STATE, "collection": STATE, "model": model, "content": content}


def readers(access: Access) -> dict[str, Any]:
    """The properties of who may read."""
    article, folder = to_gates(access)
    return {
        "access": to_lists(access),
        "principals": _named(article),
        "folder_principals": _named(folder),
    }


def patch(access: Access) -> list[dict[str, Any]]:
    """The operations that change who may read."""
    return [
        {"op": "set", "path": f"/{name}", "value": value} for name, value in readers(access).items()
    ]


def chunk(found: dict[str, Any]) -> Chunk:
    return to_chunk(found["chunk"], found["body"], to_access(found["access"]), found["digest"])


def stamp(found: dict[str, Any]) -> Stamp:
    return Stamp(found["digest"], to_access(found["access"]), found["has_vector"])


# --- queries -----------------------------------------------------------------------------------


def all_stamps() -> Asked:
    return Asked(f"SELECT c.chunk, c.digest, c.access, c.has_vector FROM c WHERE {_IS_CHUNK}", {})  # noqa: S608 -- all of it is above


def by_words(query: Query) -> Asked | None:
    """The best by BM25; None when no word is looked for. One without any of them is no result."""
    asked = list(dict.fromkeys(terms(query.text)))[:CONSIDERED_TERMS]
    if not asked:
        return None
    words = {f"w{number}": term for number, term in enumerate(asked)}
    names = ", ".join(f"@{name}" for name in words)
    where, values = _open_to(query)
    return Asked(
        f"SELECT TOP @limit {_CHUNK} FROM c WHERE {where} "  # noqa: S608 -- names of ours
        f"AND FullTextContainsAny(c.words, {names}) ORDER BY RANK FullTextScore(c.words, {names})",
        {**values, **words},
    )


def by_meaning(query: Query, vector: Vector) -> Asked:
    where, values = _open_to(query)
    return Asked(
        f"SELECT TOP @limit {_CHUNK} FROM c WHERE {where} AND c.has_vector "  # noqa: S608 -- names of ours
        "ORDER BY VectorDistance(c.vector, @vector)",
        {**values, "vector": list(vector)},
    )


def of_article(id: str, principals: Iterable[str]) -> Asked:
    where, values = _may_read(principals)
    return Asked(
        f"SELECT {_CHUNK} FROM c WHERE c.article = @article AND {where}",  # noqa: S608 -- names of ours
        {"article": id, **values},
    )


def titles(collections: Iterable[str], principals: Iterable[str]) -> Asked:
    where, values = _may_read(principals)
    return Asked(
        f"SELECT DISTINCT VALUE c.title FROM c "  # noqa: S608 -- names of ours
        f"WHERE ARRAY_CONTAINS(@collections, c.collection) AND {where}",
        {"collections": sorted(collections), **values},
    )


def _open_to(query: Query) -> tuple[str, dict[str, Any]]:
    readable, values = _may_read(query.principals)
    return (
        f"ARRAY_CONTAINS(@collections, c.collection) "
        f"AND {f'NOT {readable}' if query.refused else readable}",
        {"limit": query.limit, "collections": sorted(query.collections), **values},
    )


def _may_read(principals: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """The condition, in brackets: each gate names everybody, or one of what the reader holds."""
    held = [EVERYBODY, *sorted(name for name in principals if name)]
    values = {f"p{number}": name for number, name in enumerate(held)}
    gates = (
        " OR ".join(f"ARRAY_CONTAINS(c.{gate}, @{name})" for name in values)
        for gate in ("principals", "folder_principals")
    )
    return f"({' AND '.join(f'({gate})' for gate in gates)})", values


def _named(groups: Groups | None) -> list[str]:
    return [EVERYBODY] if groups is None else sorted(group for group in groups if group)


def _words(chunk: Chunk) -> list[str]:
    passage = chunk.passage
    return [
        *terms(passage.title) * TITLE_TIMES,
        *terms(passage.heading) * HEADING_TIMES,
        *terms(f"{passage.text} {' '.join(passage.asked)}"),
    ]
