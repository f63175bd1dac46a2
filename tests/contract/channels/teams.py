"""Teams, in front of a connector of our own."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from shared.activity import Activity
from shared.bot import Bot
from shared.channels.teams.channel import TeamsChannel
from shared.clients.http import HttpClient
from shared.identity.credential import ManagedIdentities
from shared.identity.secrets import Secrets
from shared.manifest.bots import bot_of
from shared.ports.channel import Request
from shared.settings import Settings
from tests.contract.channels.connector import (
    APP_ID,
    OPENID,
    TENANT,
    connector,
    publish,
    token,
)
from tests.contract.channels.stub import Answer

PAYLOADS = Path(__file__).parents[2] / "payloads" / "teams"


def payload(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_bytes())
    return body


def teams_bot(**table: Any) -> Bot:
    """A bot with these keys in [channels.teams], or an app registration of its own."""
    table = table or {"app_id": APP_ID, "tenant_id": TENANT, "client_secret": "s3cret"}
    return bot_of(
        {
            "id": "helpdesk",
            "name": "Helpdesk",
            "owner": "it@contoso.example",
            "department": "IT",
            "skills": ["echo"],
            "default_skill": "echo",
            "channels": {"teams": table},
        }
    )


def post(body: bytes | dict[str, Any], **headers: str) -> Request:
    """What the host hands over for a POST to the bot; a header of "" is left out."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    full = {"content-type": "application/json", "host": "bots.contoso.example", **named}
    return Request("POST", {"bot": "helpdesk"}, {}, {name: v for name, v in full.items() if v}, raw)


class TeamsHarness:
    """`settings` are local ones whose URLs lead to `service`; `channel` may be built anew."""

    sent_id = "1700000000001"
    throttled = Answer(429, {"error": {"code": "Throttled"}}, {"Retry-After": "7"})
    refused = Answer(400, {"error": {"code": "BadArgument", "message": "nobody reads this"}})
    gone: Answer | None = Answer(403, {"error": {"code": "MessageWritesBlocked"}})

    def __init__(self) -> None:
        self.bot = teams_bot()
        self.service = connector()
        self.http = HttpClient()
        self.secrets: Secrets | None = None
        self.identities = ManagedIdentities()

    async def __aenter__(self) -> Self:
        await self.service.__aenter__()
        publish(self.service)
        url = self.service.url
        self.settings = Settings.from_environ(
            {
                "FABRIC_ENVIRONMENT": "local",
                "FABRIC_TEAMS_OPENID_URL": url + OPENID,
                "FABRIC_TEAMS_TOKEN_URL": url + "/{tenant}/token",
                "FABRIC_TEAMS_SERVICE_HOSTS": self.service.host,
            }
        )
        self.channel = TeamsChannel({self.bot.id: self.bot}, self.settings, self.http)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.identities.close()
        await self.http.close()
        await self.service.__aexit__()

    @property
    def here(self) -> str:
        """The serviceUrl that leads to `service`."""
        return self.service.url + "/teams/"

    def rebuild(self, bot: Bot, *, local: bool = True) -> TeamsChannel:
        """The same world with another bot, or in the cloud environment."""
        self.bot = bot
        self.channel = TeamsChannel(
            {bot.id: bot},
            replace(self.settings, local=local),
            self.http,
            secrets=self.secrets,
            identities=self.identities,
        )
        return self.channel

    def genuine(self, body: bytes) -> Request:
        return post(body, authorization=f"Bearer {token(serviceurl=self.here)}")

    def message(self, text: str, id: str) -> Request:
        activity = {**payload("personal-message"), "serviceUrl": self.here}
        return self.genuine(json.dumps({**activity, "text": text, "id": id}).encode())

    def forged(self) -> Request:
        return post(
            {**payload("personal-message"), "serviceUrl": self.here},
            authorization=f"Bearer {token(serviceurl=self.here, signed_by='attacker')}",
        )

    def fits(self, activity: Activity) -> bool:
        return len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le")) <= 100 * 1024


def signed(activity: dict[str, Any], **claims: Any) -> Request:
    """A genuine request for the public connector, with claims exchanged."""
    return post(activity, authorization=f"Bearer {token(**claims)}")
