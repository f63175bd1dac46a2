"""What every resource of an account has: an id of the system, an etag, a time."""

import base64
import time
import uuid
from typing import Any

Json = dict[str, Any]

SYSTEM = ("_rid", "_self", "_etag", "_attachments", "_ts")
"""Properties that the account sets itself."""


def new_etag() -> str:
    return f'"{uuid.uuid4()}"'


def rid_text(raw: bytes) -> str:
    return base64.b64encode(raw).decode().replace("/", "-")


def stamped(properties: Json, rid: bytes, path: str) -> Json:
    """Return the properties with those of the system."""
    system = {"_rid": rid_text(rid), "_self": path, "_etag": new_etag(), "_ts": int(time.time())}
    return {**properties, **system}


def follow(body: Any, path: str) -> Any:
    """Return what lies at a path of a document, None where nothing does."""
    for part in path.strip("/").split("/"):
        body = body.get(part) if isinstance(body, dict) else None
    return body
