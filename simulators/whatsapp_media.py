"""Meta's `POST /{phone_number_id}/media`: which files it takes, and under which id.

Source: Meta docs, "Media", "Supported media types".
"""

import secrets
from dataclasses import dataclass

from aiohttp import web

from simulators.whatsapp_message import error

MEGABYTE = 1_048_576
_DOCUMENTS = (
    *("text/plain", "application/pdf", "application/msword"),
    *("application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)
LIMITS = {
    **dict.fromkeys(("image/jpeg", "image/png"), 5 * MEGABYTE),
    **dict.fromkeys(("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4"), 16 * MEGABYTE),
    **dict.fromkeys(("audio/ogg", "video/mp4", "video/3gpp"), 16 * MEGABYTE),
    "image/webp": MEGABYTE // 2,
    **dict.fromkeys(_DOCUMENTS, 100 * MEGABYTE),
}


@dataclass(frozen=True)
class Uploaded:
    name: str
    content_type: str
    content: bytes


class Media:
    """What was uploaded for one number, by id."""

    def __init__(self, number: str, access_token: str) -> None:
        self.files: dict[str, Uploaded] = {}
        self._number, self._access_token = number, access_token

    async def take(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self._access_token}":
            return web.json_response(error(190), status=401)
        if request.match_info["number"] != self._number:
            return web.json_response(error(33, "unknown phone_number_id"), status=400)
        form = await request.post()
        file = form.get("file")
        if form.get("messaging_product") != "whatsapp" or not isinstance(file, web.FileField):
            return web.json_response(
                error(100, "messaging_product and file are needed"), status=400
            )
        content = file.file.read()
        if len(content) > LIMITS.get(file.content_type, 0):
            return web.json_response(error(100, "type or size is not supported"), status=400)
        id = str(10**14 + secrets.randbelow(10**14))
        self.files[id] = Uploaded(file.filename, file.content_type, content)
        return web.json_response({"id": id})
