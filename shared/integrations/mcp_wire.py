"""Model Context Protocol over HTTP, as far as a caller of tools needs it.

Revision 2026-07-28, where each request stands alone; a server that does not know it gets the
handshake of the revisions before. An answer is JSON, or the one message of an event stream that
bears its id. Source: modelcontextprotocol.io/specification/2026-07-28, "Transports".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from shared.clients.http import HttpClient, Response
from shared.parse import storable

STATELESS, HANDSHAKE = "2026-07-28", "2025-11-25"
US = {"name": "bot-fabric", "version": "0.1.0"}
_META = "io.modelcontextprotocol/"
_SESSION = "mcp-session-id"


class NoAnswer(Exception):
    """The server refused a request by its status, or said nothing that answers it."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"answers {response.status}")
        self.response = response


class RpcError(Exception):
    """A JSON-RPC error: `code` and the server's own words, which are a stranger's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"error {code}")
        self.code, self.message = code, message


@dataclass
class Wire:
    """One server. `version` is "" until it has answered once."""

    http: HttpClient
    url: str
    version: str = ""
    session: str = ""
    _ids: Any = field(default_factory=count, repr=False)

    async def ask(self, method: str, params: dict[str, Any], headers: Mapping[str, str]) -> Any:
        """The result. Raises NoAnswer, RpcError, and what the client does."""
        if not self.version:
            try:
                result = await self._post(method, params, headers, version=STATELESS)
            except (NoAnswer, RpcError) as error:
                if isinstance(error, NoAnswer) and error.response.status not in _FOREIGN:
                    raise
                await self._shake_hands(headers)
            else:
                self.version = STATELESS
                return result
        try:
            return await self._post(method, params, headers, version=self.version)
        except NoAnswer as error:
            if not self.session or error.response.status != 404:
                raise
        await self._shake_hands(headers)  # the session has ended
        return await self._post(method, params, headers, version=self.version)

    async def _shake_hands(self, headers: Mapping[str, str]) -> None:
        self.session = ""
        asked = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": US}
        answer = await self._post("initialize", asked, headers, version=HANDSHAKE)
        given = answer.get("protocolVersion") if isinstance(answer, dict) else None
        self.version = given if isinstance(given, str) else HANDSHAKE
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        await self.http.request(
            "POST", self.url, headers=self._headers(headers, self.version), json=note
        )

    async def _post(
        self, method: str, params: dict[str, Any], headers: Mapping[str, str], *, version: str
    ) -> Any:
        id = next(self._ids)
        sent = self._headers(headers, version)
        if version == STATELESS:
            meta = {f"{_META}protocolVersion": version, f"{_META}clientCapabilities": {}}
            params = {**params, "_meta": {**meta, f"{_META}clientInfo": US}}
            sent["mcp-method"] = method
            if method == "tools/call":
                sent["mcp-name"] = str(params["name"])
        body = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
        response = await self.http.request(
            "POST", self.url, headers=sent, json=body, until=lambda got: _has_answer(got, id)
        )
        answer = _answer_in(response.body, id)
        if answer is None:
            raise NoAnswer(response)
        if isinstance(error := answer.get("error"), dict):
            code = error.get("code")
            raise RpcError(code if isinstance(code, int) else 0, str(error.get("message", "")))
        if method == "initialize":
            self.session = response.headers.get(_SESSION, "")
        return answer.get("result")

    def _headers(self, headers: Mapping[str, str], version: str) -> dict[str, str]:
        known = {"accept": "application/json, text/event-stream", "mcp-protocol-version": version}
        return {**headers, **known, **({_SESSION: self.session} if self.session else {})}


_FOREIGN = frozenset({200, 400, 404, 405, 406, 415, 422})
"""How servers answer a revision that they do not know."""


def _has_answer(received: bytes, id: int) -> bool:
    """Whether an event stream has said it, so that nobody waits for its end."""
    ended = received.endswith((b"\n\n", b"\r\n\r\n"))
    return ended and _answer_in(received, id) is not None


def _answer_in(body: bytes, id: int) -> dict[str, Any] | None:
    """The JSON-RPC message that answers request `id`; notices and questions of the server go by."""
    text = body.decode("utf-8", "replace")
    said = [text] if text.lstrip()[:1] == "{" else _events(text)
    for each in said:
        try:
            message = storable(json.loads(each))
        except (ValueError, RecursionError):
            continue
        if not isinstance(message, dict) or not ({"result", "error"} & set(message)):
            continue
        if message.get("id") == id or (message.get("id") is None and "error" in message):
            return message
    return None


def _events(text: str) -> list[str]:
    """The data of each event of a stream (HTML, "Server-sent events")."""
    found = []
    for event in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line[5:].removeprefix(" ") for line in event.split("\n") if line[:5] == "data:"]
        if lines:
            found.append("\n".join(lines))
    return found
