"""Teams and Meta on a laptop: takes what the bots send them, and shows it at `/_sent`.

A Teams activity with the serviceUrl `http://localhost:<port>/_sent/teams`, and
`FABRIC_WHATSAPP_GRAPH_URL=http://localhost:<port>/_sent/whatsapp`, bring the answers here.
"""

import json
import uuid
from collections import deque
from typing import Any
from urllib.parse import unquote

from aiohttp import web

PREFIX = "/_sent"
KEPT = 200


class Sent:
    """Remembers the last `KEPT` requests of this process, newest last."""

    def __init__(self) -> None:
        self._sent: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def answer(self, method: str, path: str, body: bytes) -> web.Response:
        service, _, rest = path.removeprefix(PREFIX).strip("/").partition("/")
        if not service and method == "GET":
            return web.json_response(list(self._sent), dumps=_readable)
        if service not in ("teams", "whatsapp") or method not in ("POST", "PUT", "DELETE"):
            return web.Response(status=404)
        try:
            given = json.loads(body) if body else {}
        except (ValueError, RecursionError):
            return web.Response(status=400)
        self._sent.append(
            {"service": service, "method": method, "path": unquote(rest), "body": given}
        )
        id = uuid.uuid4().hex
        if service == "teams":
            return web.json_response({"id": id})
        return web.json_response(
            {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{id}"}]}
        )


def _readable(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
