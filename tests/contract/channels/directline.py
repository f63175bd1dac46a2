"""The web channel over an embedded store, with one conversation under way."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from shared.activity import Activity
from shared.bot import Bot
from shared.channels.directline.channel import DirectLineChannel
from shared.manifest.bots import bot_of
from shared.ports.channel import Request
from shared.settings import Settings
from shared.storage.batch import MAX_BYTES
from shared.storage.sqlite import SqliteStore

PAYLOADS = Path(__file__).parents[2] / "payloads" / "web"
ORIGIN = "https://intranet.contoso.example"


def web_bot(id: str = "helpdesk", **table: Any) -> Bot:
    """A bot on the web, on pages of ORIGIN."""
    return bot_of(
        {
            "id": id,
            "name": "Helpdesk",
            "owner": "it@contoso.example",
            "department": "IT",
            "skills": ["echo"],
            "default_skill": "echo",
            "channels": {"web": {"origins": [ORIGIN], **table}},
        }
    )


def call(
    method: str,
    token: str = "",
    body: bytes | dict[str, Any] = b"",
    *,
    conversation: str = "",
    watermark: str | None = None,
    **headers: str,
) -> Request:
    """What the host hands over for one Direct Line call; header names with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        named["authorization"] = f"Bearer {token}"
    return Request(
        method,
        {"conversation": conversation} if conversation else {},
        {} if watermark is None else {"watermark": watermark},
        {"host": "bots.contoso.example", "content-type": "application/json", **named},
        body if isinstance(body, bytes) else json.dumps(body).encode(),
    )


class DirectLineHarness:
    sent_id = "effect-1"

    def __init__(self) -> None:
        self.bot = web_bot()
        self._folder = TemporaryDirectory()
        self.store = SqliteStore(str(Path(self._folder.name) / "store.db"))
        settings = Settings.from_environ({"FABRIC_ENVIRONMENT": "local"})
        self.channel = DirectLineChannel({self.bot.id: self.bot}, self.store, settings)

    async def __aenter__(self) -> Self:
        body = {"bot": self.bot.id, "user": {"id": "ann", "name": "Ann"}}
        granted = await self.channel.access.generate(call("POST", body=body, origin=ORIGIN))
        self._token, self._conversation = granted["token"], granted["conversationId"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()
        self._folder.cleanup()

    def genuine(self, body: bytes) -> Request:
        return call("POST", self._token, body, conversation=self._conversation)

    def message(self, text: str, id: str) -> Request:
        body = {"type": "message", "text": text, "channelData": {"clientActivityID": id}}
        return self.genuine(json.dumps(body, ensure_ascii=False).encode())

    def forged(self) -> Request:
        body = {"type": "message", "text": "hello"}
        return call("POST", "A" * 43, body, conversation=self._conversation)

    def fits(self, activity: Activity) -> bool:
        return len(json.dumps(activity, ensure_ascii=False).encode()) < MAX_BYTES
