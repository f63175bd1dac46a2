"""The index of Azure AI Search: its fields, a chunk as a document, and filters of OData.

Words are looked for in our own stems, so that all indexes find the same. Names of readers and
collections are percent-encoded: no name is a delimiter, a quote, or the sign for everybody.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from shared import wire
from shared.indexes.codec import to_access, to_body, to_chunk, to_gates, to_lists
from shared.ports.index import Chunk, Query, Stamp
from shared.ports.knowledge import Access
from shared.text.words import terms

WORDS = ("words_title", "words_heading", "words_text")
WEIGHTS = (3, 2, 1)
PROFILE = "headlines"
STATE = "state"
"""The key of the document that says whose vectors these are."""

EVERYBODY = "*"
CONSIDERED_TERMS = 64
SELECTED = "chunk,digest,access,body"

FIRST, LAST = "c-", "c."
"""Between these are the keys of chunks."""


def definition(name: str, dimensions: int) -> dict[str, Any]:
    """Without dimensions there is no field for vectors; it can be added later."""
    fields = [
        {"name": "id", "type": "Edm.String", "key": True, "filterable": True, "sortable": True},
        *({"name": n, "type": "Edm.String", "filterable": True} for n in ("collection", "article")),
        *(
            {"name": n, "type": "Collection(Edm.String)", "filterable": True, "searchable": False}
            for n in ("principals", "folder_principals")
        ),
        {"name": "has_vector", "type": "Edm.Boolean", "filterable": True},
        {"name": "title", "type": "Edm.String", "searchable": False, "sortable": True},
        {"name": "page", "type": "Edm.Int32", "filterable": True},
        {"name": "language", "type": "Edm.String", "filterable": True, "searchable": False},
        *(
            {"name": n, "type": "Edm.String", "searchable": False, "filterable": False}
            for n in ("chunk", "digest", "access", "body")
        ),
        *({"name": n, "type": "Edm.String", "searchable": True, "retrievable": False,
           "analyzer": "whitespace"} for n in WORDS),
    ]  # fmt: skip
    found: dict[str, Any] = {
        "name": name,
        "fields": fields,
        "scoringProfiles": [
            {"name": PROFILE, "text": {"weights": dict(zip(WORDS, WEIGHTS, strict=True))}}
        ],
        "defaultScoringProfile": PROFILE,
    }
    if dimensions:
        fields.append(
            {
                "name": "vector",
                "type": "Collection(Edm.Single)",
                "searchable": True,
                "retrievable": False,
                "dimensions": dimensions,
                "vectorSearchProfile": "meaning",
            }
        )
        found["vectorSearch"] = {
            "algorithms": [
                {"name": "hnsw", "kind": "hnsw", "hnswParameters": {"metric": "cosine"}}
            ],
            "profiles": [{"name": "meaning", "algorithm": "hnsw"}],
        }
    return found


def key(id: str) -> str:
    """A key takes letters, digits, `-`, `_` and `=`."""
    return FIRST + urlsafe_b64encode(id.encode()).decode()


def document(chunk: Chunk) -> dict[str, Any]:
    passage = chunk.passage
    texts = (passage.title, passage.heading, f"{passage.text} {' '.join(passage.asked)}")
    found = {
        "@search.action": "upload",
        "id": key(chunk.id),
        "chunk": chunk.id,
        "collection": quote(passage.collection, safe=""),
        "article": quote(passage.article, safe=""),
        "title": passage.title,
        "page": chunk.page,
        "language": chunk.language,
        "digest": chunk.digest,
        "has_vector": chunk.vector is not None,
        "body": wire.dumps(to_body(chunk)),
        **readers(passage.access),
        **{name: " ".join(terms(text)) for name, text in zip(WORDS, texts, strict=True)},
    }
    if chunk.vector is not None:
        found["vector"] = list(chunk.vector)
    return found


def readers(access: Access) -> dict[str, Any]:
    """The fields of who may read."""
    article, folder = to_gates(access)
    return {
        "access": wire.dumps(to_lists(access)),
        "principals": _named(article),
        "folder_principals": _named(folder),
    }


def chunk(found: dict[str, Any]) -> Chunk:
    access = to_access(wire.loads(found["access"]))
    return to_chunk(found["chunk"], wire.loads(found["body"]), access, found["digest"])


def stamp(found: dict[str, Any]) -> Stamp:
    return Stamp(found["digest"], to_access(wire.loads(found["access"])), found["has_vector"])


def search(query: Query) -> dict[str, Any] | None:
    """The body of a search, None when nothing is looked for."""
    asked = list(dict.fromkeys(terms(query.text)))[:CONSIDERED_TERMS]
    readable = may_read(query.principals)
    body: dict[str, Any] = {
        "filter": f"{within(query.collections)} and "
        f"{f'not ({readable})' if query.refused else readable}",
        "select": SELECTED,
        "top": query.limit,
    }
    if asked:
        body |= {"search": " ".join(asked), "searchFields": ",".join(WORDS), "searchMode": "any"}
    if query.vector is not None:
        body["vectorFilterMode"] = "preFilter"
        body["vectorQueries"] = [
            {"kind": "vector", "vector": list(query.vector), "fields": "vector", "k": query.limit}
        ]
    return body if asked or query.vector is not None else None


def within(collections: Iterable[str]) -> str:
    return f"search.in(collection, '{_listed(collections)}', ',')"


def may_read(principals: Iterable[str]) -> str:
    held = ",".join(filter(None, [EVERYBODY, _listed(principals)]))
    return " and ".join(
        f"{field}/any(p: search.in(p, '{held}', ','))"
        for field in ("principals", "folder_principals")
    )


def of_article(id: str) -> str:
    return f"article eq '{quote(id, safe='')}'"


def _named(groups: frozenset[str] | None) -> list[str]:
    if groups is None:
        return [EVERYBODY]
    return [quote(group, safe="") for group in sorted(groups) if group]


def _listed(names: Iterable[str]) -> str:
    return ",".join(quote(name, safe="") for name in sorted(names) if name)
