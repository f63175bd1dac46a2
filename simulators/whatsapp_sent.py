"""Files that people send: Meta tells where one is by its id, for as long as it is kept.

Source: Meta docs, "Media": the address lives for 5 minutes and takes the app's token.
"""

import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web

from simulators.whatsapp_message import error

KINDS = ("image", "audio", "video")
"""What a message is called after; anything else is a document."""


class Sent:
    """The files by their media id; `base()` is where they are downloaded."""

    def __init__(self, access_token: str, base: Callable[[], str]) -> None:
        self._access_token, self._base = access_token, base
        self._files: dict[str, tuple[bytes, str]] = {}

    def message(self, content: bytes, content_type: str, name: str = "") -> dict[str, Any]:
        """Keep a file. Return the message that brings it."""
        id = str(secrets.randbelow(10**15))
        self._files[id] = content, content_type
        media = {"id": id, "mime_type": content_type, "sha256": secrets.token_hex(32)}
        kind = content_type.partition("/")[0]
        if kind not in KINDS:
            return {"type": "document", "document": {**media, "filename": name or "file"}}
        return {"type": kind, kind: {**media, **({"voice": True} if kind == "audio" else {})}}

    def forget(self) -> None:
        """As Meta does after a while: every id is unknown."""
        self._files.clear()

    async def about(self, request: web.Request) -> web.Response:
        """Where the file of an id is."""
        id = request.match_info["id"]
        if not self._knows(request) or id not in self._files:
            return web.json_response(error(100), status=400)
        content, content_type = self._files[id]
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "id": id,
                "url": f"{self._base()}/sent/{id}",
                "mime_type": content_type,
                "file_size": len(content),
            }
        )

    async def content(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        if not self._knows(request) or id not in self._files:
            return web.Response(status=404)
        content, content_type = self._files[id]
        return web.Response(body=content, headers={"Content-Type": content_type})

    def _knows(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self._access_token}"
