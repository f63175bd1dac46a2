"""How the container of an index has to be made.

Its dimensions are part of it and cannot be changed: for others it is made anew.
"""

from typing import Any

NAME = "passages"
PARTITION_KEY = "/collection"

_SEARCHED = (
    "/collection/?",
    "/article/?",
    "/principals/[]/?",
    "/folder_principals/[]/?",
    "/has_vector/?",
)


EMBEDDING = {"path": "/vector", "dataType": "float32", "distanceFunction": "cosine"}


def definition(dimensions: int) -> dict[str, Any]:
    """Return it, with the names of the ARM and REST resource; without dimensions, for no vectors.

    `quantizedFlat` compares with all that pass the filter: right up to some 50,000 a partition,
    and none that is shut takes the place of one that is open.
    """
    indexing: dict[str, Any] = {
        "indexingMode": "consistent",
        "automatic": True,
        "includedPaths": [{"path": path} for path in _SEARCHED],
        "excludedPaths": [{"path": "/*"}],
        "fullTextIndexes": [{"path": "/words"}],
    }
    found: dict[str, Any] = {
        "partitionKey": {"paths": [PARTITION_KEY], "kind": "Hash", "version": 2},
        "indexingPolicy": indexing,
        "fullTextPolicy": {
            "defaultLanguage": "en-US",
            "fullTextPaths": [{"path": "/words", "language": "en-US"}],
        },
    }
    if dimensions:
        indexing["vectorIndexes"] = [{"path": "/vector", "type": "quantizedFlat"}]
        found["vectorEmbeddingPolicy"] = {
            "vectorEmbeddings": [{**EMBEDDING, "dimensions": dimensions}],
        }
    return found


def dimensions_of(properties: dict[str, Any]) -> int:
    """Return how many a container was made for, 0 for no vectors."""
    policy = properties.get("vectorEmbeddingPolicy") or {}
    return next((int(each["dimensions"]) for each in policy.get("vectorEmbeddings") or ()), 0)
