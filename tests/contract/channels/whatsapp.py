"""WhatsApp, in front of a Graph API of our own."""

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from shared.activity import Activity
from shared.bot import Bot
from shared.channels.whatsapp.channel import WhatsAppChannel
from shared.channels.whatsapp.outbound import MAX_TEXT
from shared.clients.http import HttpClient
from shared.identity.secrets import Secrets
from shared.manifest.bots import bot_of
from shared.ports.channel import Request
from shared.settings import Settings
from tests.contract.channels.stub import Answer, Call, StubService

PAYLOADS = Path(__file__).parents[2] / "payloads" / "whatsapp"
NUMBER = "106540352242922"
APP_SECRET, VERIFY_TOKEN = "app-secret-1", "verify-token-1"


def payload(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_bytes())
    return body


def value_of(body: dict[str, Any]) -> dict[str, Any]:
    """The first change's value: metadata, contacts, messages, statuses."""
    value: dict[str, Any] = body["entry"][0]["changes"][0]["value"]
    return value


def with_message(**fields: Any) -> dict[str, Any]:
    """A text message's body with fields of the message exchanged; None leaves one out."""
    body = payload("text")
    message = {**value_of(body)["messages"][0], **fields}
    value_of(body)["messages"] = [{k: v for k, v in message.items() if v is not None}]
    return body


def whatsapp_bot(**table: Any) -> Bot:
    return bot_of(
        {
            "id": "helpdesk",
            "name": "Helpdesk",
            "owner": "it@contoso.example",
            "department": "IT",
            "skills": ["echo"],
            "default_skill": "echo",
            "channels": {"whatsapp": {"phone_number_id": NUMBER, **table}},
        }
    )


def post(body: bytes | dict[str, Any], *, secret: str = APP_SECRET) -> Request:
    """What the host hands over for a POST that Meta signed with `secret`."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={digest}"}
    return Request("POST", {}, {}, headers, raw)


def graph_error(code: int, status: int = 400, **headers: str) -> Answer:
    error = {"message": "nobody reads this", "type": "OAuthException", "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"error": error}, named)


class WhatsAppHarness:
    """`settings` are local ones that lead to `service`; `rebuild` changes them."""

    sent_id = "wamid.sent.1"
    throttled = graph_error(130429, Retry_After="7")
    refused = graph_error(131026)
    gone: Answer | None = None

    def __init__(self) -> None:
        self.bot = whatsapp_bot()
        self.service = StubService(
            Answer(200, {"messaging_product": "whatsapp", "messages": [{"id": self.sent_id}]})
        )
        self.http = HttpClient()
        self.secrets: Secrets | None = None

    async def __aenter__(self) -> Self:
        await self.service.__aenter__()
        self.settings = Settings.from_environ(
            {
                "FABRIC_ENVIRONMENT": "local",
                "FABRIC_WHATSAPP_APP_SECRET": APP_SECRET,
                "FABRIC_WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
                "FABRIC_WHATSAPP_ACCESS_TOKEN": "access-token-1",
                "FABRIC_WHATSAPP_GRAPH_URL": f"{self.service.url}/v24.0",
            }
        )
        self.rebuild()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        await self.service.__aexit__()

    def rebuild(
        self, bot: Bot | None = None, *, now: float | None = None, **settings: Any
    ) -> WhatsAppChannel:
        """The same world with another bot, other settings, or at the time `now`.

        `secrets` of the harness go with it.
        """
        self.bot = bot or self.bot
        options: dict[str, Any] = {} if now is None else {"clock": lambda: now}
        options["secrets"] = self.secrets
        self.channel = WhatsAppChannel(
            {self.bot.id: self.bot}, replace(self.settings, **settings), self.http, **options
        )
        return self.channel

    @property
    def sent(self) -> list[Call]:
        return self.service.calls

    def genuine(self, body: bytes) -> Request:
        return post(body)

    def message(self, text: str, id: str) -> Request:
        return post(with_message(id=id, text={"body": text}))

    def forged(self) -> Request:
        return post(payload("text"), secret="attacker")

    def fits(self, activity: Activity) -> bool:
        limit = 1024 if "suggestedActions" in activity else MAX_TEXT
        return len(activity.text) <= limit


__all__ = [
    "APP_SECRET",
    "NUMBER",
    "VERIFY_TOKEN",
    "WhatsAppHarness",
    "graph_error",
    "payload",
    "post",
    "value_of",
    "whatsapp_bot",
    "with_message",
]
