"""People on Teams who can sign in: a lab behind the webhook, a connector, Entra's stand-in."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import azure.functions as func
import pytest
from aiohttp import ClientSession

from functions import triggers
from functions.channels import sign_in
from functions.channels import teams as webhook
from shared.settings import Settings
from shared.skill import Skill
from stand_ins.entra.directory import TENANT
from stand_ins.entra.server import EntraServer
from tests import canary
from tests.contract.channels import connector
from tests.contract.channels.stub import Answer, StubService
from tests.lab import Lab

CONNECTION = "entra"
TABLE = f"""
[channels.teams]
app_id = "{connector.APP_ID}"
tenant_id = "{TENANT}"
client_secret = "s3cret"
connection = "{CONNECTION}"
"""


class TeamsLab(Lab):
    """A lab whose messages on Teams go to the connector."""

    def channel(self, name: str) -> Any:
        return self.teams if name == "teams" else self.memory


class TeamsPeople:
    """Everybody has a chat of their own with the bot, and is called by their login."""

    def __init__(self, fabric: Lab, service: StubService, entra: EntraServer) -> None:
        self.fabric, self.service, self.entra = fabric, service, entra
        self._count = 0

    async def say(self, login: str, text: str, **more: Any) -> None:
        """Somebody says something, and everything that follows from it happens."""
        canary.said(text)
        assert (await self.post(login, {"type": "message", "text": text, **more}))[0] == 202
        await self.fabric.drain()

    async def invoke(self, login: str, name: str, value: Any, **more: Any) -> tuple[int, Any]:
        return await self.post(login, {"type": "invoke", "name": name, "value": value, **more})

    async def exchange(self, login: str, card: dict[str, Any], **value: Any) -> tuple[int, Any]:
        """Post what a client does by itself when it is shown a card to sign in."""
        given = {
            "id": card["tokenExchangeResource"]["id"],
            "connectionName": card["connectionName"],
            "token": value.pop("token", None) or self.entra.tokens.client_token(login),
            **value,
        }
        return await self.invoke(login, "signin/tokenExchange", given)

    async def sign_in(self, login: str, text: str) -> None:
        """Say something that one has to sign in for, and have the client do so."""
        await self.say(login, text)
        assert (await self.exchange(login, self.card(login)))[0] == 200
        await self.fabric.drain()

    async def press(self, card: dict[str, Any], login: str) -> str:
        """Press the card's button and sign in there; return the code of the page."""
        link = card["buttons"][0]["value"]
        async with ClientSession() as session:
            text = await (await session.get(f"{link}&login_hint={login}")).text()
        return text.partition("<code>")[2].partition("</code>")[0]

    async def post(self, login: str, activity: dict[str, Any]) -> tuple[int, Any]:
        self._count += 1
        person = self.entra.named(login) or next(p for p in self.entra.people if p.login == login)
        body = {
            "id": f"1712{self._count:09d}",
            "timestamp": f"2026-03-02T08:15:{self._count:06.3f}Z",
            "channelId": "msteams",
            "serviceUrl": f"{self.service.url}/teams/",
            "from": {"id": f"29:{login}", "name": person.name, "aadObjectId": person.subject.oid},
            "recipient": {"id": f"28:{connector.APP_ID}", "name": "Lab"},
            "conversation": {
                "id": f"a:{login}",
                "conversationType": "personal",
                "tenantId": TENANT,
            },
            "channelData": {"tenant": {"id": TENANT}},
            **activity,
        }
        token = connector.token(serviceurl=body["serviceUrl"])
        request = func.HttpRequest(
            method="POST",
            url="https://bots.contoso.example/api/teams/lab",
            headers={"content-type": "application/json", "authorization": f"Bearer {token}"},
            route_params={"bot": "lab"},
            body=json.dumps(body).encode(),
        )
        function: Any = webhook.teams
        answer = await function._function.get_user_function()(request)
        text = answer.get_body()
        return answer.status_code, json.loads(text) if text else None

    def said(self, login: str) -> list[dict[str, Any]]:
        """The messages in somebody's chat, in order."""
        chat = f"/teams/v3/conversations/a:{login}/activities"
        calls = [call for call in self.service.calls if unquote(call.path).startswith(chat)]
        return [body for call in calls if (body := call.json()).get("type") == "message"]

    def heard(self, login: str) -> list[str]:
        return [text for message in self.said(login) if (text := message.get("text"))]

    def cards(self, login: str) -> list[dict[str, Any]]:
        """The cards to sign in that somebody was shown."""
        return [
            attachment["content"]
            for message in self.said(login)
            for attachment in message.get("attachments", ())
            if attachment["contentType"] == "application/vnd.microsoft.card.oauth"
        ]

    def card(self, login: str) -> dict[str, Any]:
        return self.cards(login)[-1]


@asynccontextmanager
async def people_on_teams(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *skills: Skill, **settings: str
) -> AsyncIterator[TeamsPeople]:
    """One bot on Teams with these skills, whose people may sign in."""
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(connector.connector())
        connector.publish(service)
        service.routes[f"/{TENANT}/token"] = Answer(
            200, {"access_token": "outbound-1", "expires_in": 3600}
        )
        entra = await stack.enter_async_context(EntraServer())
        fabric = TeamsLab(folder, *skills, manifest=TABLE)
        stack.push_async_callback(fabric.close)
        fabric.settings = Settings.from_environ(
            {
                **fabric.settings.environ,
                **entra.settings,
                "FABRIC_TEAMS_OPENID_URL": f"{service.url}{connector.OPENID}",
                "FABRIC_TEAMS_TOKEN_URL": f"{service.url}/{{tenant}}/token",
                "FABRIC_TEAMS_SERVICE_HOSTS": service.host,
                "FABRIC_PUBLIC_URL": "http://localhost:7071",
                **settings,
            }
        )
        for module in (webhook, triggers, sign_in):
            monkeypatch.setattr(module, "fabric", lambda: fabric)
        yield TeamsPeople(fabric, service, entra)
