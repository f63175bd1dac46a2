"""How an `Item` is kept as a Cosmos document, and in which container.

A document is `{id, partition, body, due, ttl, expires, write}`; `due`, `ttl` and `expires` only
where they are set. `write` is the same in all documents of one write and in no others.
"""

import re
from typing import Any

from shared.ports.store import Item

CONVERSATIONS = "conversations"
SHARED = "shared"
CONTAINERS = (CONVERSATIONS, SHARED)
"""Conversations, where a turn is one batch in one partition; and what they share."""

DEFINITION: dict[str, Any] = {
    "partitionKey": {"paths": ["/partition"], "kind": "Hash", "version": 2},
    "defaultTtl": -1,
    "indexingPolicy": {
        "indexingMode": "consistent",
        "automatic": True,
        "includedPaths": [{"path": "/*"}],
        "excludedPaths": [{"path": "/body/*"}, {"path": "/write/?"}, {"path": '/"_etag"/?'}],
        "compositeIndexes": [
            [{"path": f"/{name}", "order": "ascending"} for name in names]
            for names in (("due", "id"), ("due", "partition", "id"), ("partition", "id"))
        ],
    },
}
"""How either container has to be made; the names are those of the ARM and REST resource."""

_CONVERSATION = re.compile(r"[\w.-]+\.[a-z]+\.[0-9a-f]{32}")

_CODES = {'"': '"0', "#": '"1', ".": ".0", "/": ".1", ">": ">0", "?": ">1", "[": "[0", "\\": "[1"}
_CHARACTERS = {code: character for character, code in _CODES.items()}
_CODE = re.compile(r'["\.>\[][01]')
_ENCODE = str.maketrans(_CODES)


def container(partition: str) -> str:
    """Where a partition lives: one named by a `ConversationReference.key` with its like."""
    return CONVERSATIONS if _CONVERSATION.fullmatch(partition) else SHARED


def document_id(id: str) -> str:
    """An id without the characters that Cosmos forbids: `/`, `\\`, `?` and `#`.

    Each of them shares a code with its neighbour in the alphabet, and no code begins another:
    so ids sort as before, and start with the same prefixes.
    """
    return id.translate(_ENCODE)


def item_id(document_id: str) -> str:
    return _CODE.sub(lambda code: _CHARACTERS[code[0]], document_id)


def item(document: dict[str, Any]) -> Item:
    return Item(
        document["partition"],
        item_id(document["id"]),
        document["body"],
        etag_of(document["_etag"], document.get("expires")),
        document.get("due"),
    )


def etag_of(own: str, expires: float | None) -> str:
    """The etag also says when the document expires, because the service removes it later."""
    return own if expires is None else f"{own} {expires!r}"


def condition(etag: str) -> tuple[str, float]:
    """The service's part of an `Item.etag`, and when the document expires."""
    own, _, expires = etag.partition(" ")
    return own, float(expires or "inf")


def alive(document: dict[str, Any], now: float) -> bool:
    expires = document.get("expires")
    return expires is None or expires > now
