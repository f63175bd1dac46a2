"""Files in Teams: the question whether the person wants one, and their OneDrive that takes it.

Source: learn.microsoft.com, "Send and receive files using bots".
"""

import re
import secrets
from typing import Any

from aiohttp import web

from simulators.transcript import Transcript

CONSENT = "application/vnd.microsoft.teams.card.file.consent"
_RANGE = re.compile(r"bytes 0-(\d+)/(\d+)")


class Drive:
    """Upload sessions, each good for one file, and what came through them by name."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._open: dict[str, str] = {}

    def place(self, name: str, url: str) -> dict[str, str]:
        """What an accepting person's client sends along: where the file may go."""
        session = secrets.token_hex(8)
        self._open[session] = name
        return {
            "uploadUrl": f"{url}/drive/{session}",
            "contentUrl": f"https://contoso-my.sharepoint.com/personal/anna/Documents/{name}",
            "name": name,
            "uniqueId": session,
            "fileType": name.rpartition(".")[2],
        }

    async def put(self, request: web.Request) -> web.Response:
        content = await request.read()
        found = _RANGE.fullmatch(request.headers.get("Content-Range", ""))
        if found is None or {int(found[1]) + 1, int(found[2])} != {len(content)}:
            return web.json_response({"error": {"code": "invalidRange"}}, status=416)
        name = self._open.pop(request.match_info["file"], None)
        if name is None:
            return web.json_response({"error": {"code": "itemNotFound"}}, status=404)
        self.files[name] = content
        return web.json_response({"id": "01", "name": name}, status=201)


def offered(transcript: Transcript, name: str) -> dict[str, Any]:
    """The card that offered a file of this name last."""
    for said in reversed(transcript.said):
        cards: list[dict[str, Any]] = said.body.get("attachments") or []
        for card in cards:
            if card.get("contentType") == CONSENT and card.get("name") == name:
                return card
    raise LookupError(f"no file {name!r} was offered")
