"""The token service of the stand-in, as microsoft/Agents-for-python asks it: its six routes."""

import base64
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from aiohttp import ClientSession

from stand_ins.entra.directory import CLIENT_ID
from stand_ins.entra.server import EntraServer
from stand_ins.entra.token_service import RESOURCE

ANN = {"userId": "29:ann", "connectionName": "entra", "channelId": "msteams"}
STATE = {
    "connectionName": "entra",
    "conversation": {"channelId": "msteams", "user": {"id": "29:ann"}},
    "msAppId": "an app",
}


class Client:
    def __init__(self, entra: EntraServer, session: ClientSession) -> None:
        self.entra, self._session = entra, session

    async def ask(self, method: str, route: str, **more: Any) -> tuple[int, Any]:
        headers = {"authorization": "Bearer of-the-bot"}
        url = f"{self.entra.address}/api/{route}"
        async with self._session.request(method, url, headers=headers, **more) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def resource(self, route: str = "botsignin/GetSignInResource") -> Any:
        state = base64.b64encode(json.dumps(STATE).encode()).decode()
        _, answer = await self.ask("GET", route, params={"state": state, **ANN})
        return answer

    async def code(self, link: str, login: str = "henry") -> str:
        async with self._session.get(f"{link}&login_hint={login}") as page:
            found = re.search("<code>([0-9]{6})</code>", await page.text())
        assert found
        return found[1]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with EntraServer() as entra, ClientSession() as session:
        yield Client(entra, session)


async def test_the_button_leads_to_a_code_that_is_a_token_once(client: Client) -> None:
    resource = await client.resource()
    code = await client.code(resource["signInLink"])

    assert resource["tokenExchangeResource"]["uri"] == RESOURCE
    assert (await client.ask("GET", "usertoken/GetToken", params=ANN))[0] == 404
    stranger = {**ANN, "userId": "29:ben", "code": code}
    assert (await client.ask("GET", "usertoken/GetToken", params=stranger))[0] == 404
    status, kept = await client.ask("GET", "usertoken/GetToken", params={**ANN, "code": code})
    assert (status, audience(kept["token"])) == (200, CLIENT_ID)
    assert (await client.ask("GET", "usertoken/GetToken", params={**ANN, "code": code}))[0] == 404
    assert (await client.ask("GET", "usertoken/GetToken", params=ANN))[0] == 200


async def test_a_clients_token_is_exchanged_kept_and_forgotten(client: Client) -> None:
    token = client.entra.tokens.client_token("henry")

    assert (await exchanged(client, token))[0] == 200
    answer = await client.resource("usertoken/GetTokenOrSignInResource")
    assert answer["tokenResponse"]["token"]
    _, statuses = await client.ask("GET", "usertoken/GetTokenStatus", params=ANN)
    assert [status["connectionName"] for status in statuses] == ["entra"]

    assert (await client.ask("DELETE", "usertoken/SignOut", params=ANN))[0] == 200
    answer = await client.resource("usertoken/GetTokenOrSignInResource")
    assert answer["signInResource"]["signInLink"]


async def test_tokens_for_other_systems_are_of_the_same_person(client: Client) -> None:
    await exchanged(client, client.entra.tokens.client_token("henry"))
    wanted = {"resourceUrls": ["https://graph.microsoft.com/"]}

    _, tokens = await client.ask("POST", "usertoken/GetAadTokens", params=ANN, json=wanted)

    assert (
        audience(tokens["https://graph.microsoft.com/"]["token"]) == "https://graph.microsoft.com"
    )


@pytest.mark.parametrize("token", ["", "a.b.c", "another app's"])
async def test_what_is_no_token_for_the_app_is_not_exchanged(client: Client, token: str) -> None:
    henry = client.entra.named("henry")
    assert henry
    given = client.entra.access(henry, "another") if " " in token else token

    assert (await exchanged(client, given))[0] == 400


async def test_without_consent_it_says_so(client: Client) -> None:
    client.entra.tokens.unconsented.add("henry")

    status, body = await exchanged(client, client.entra.tokens.client_token("henry"))

    assert (status, body["error"]["message"]) == (400, "Consent Required")


async def test_nobody_is_served_without_the_bots_token_or_while_it_is_away(client: Client) -> None:
    async with ClientSession() as session:
        url = f"{client.entra.address}/api/usertoken/GetToken"
        assert (await session.get(url, params=ANN)).status == 401
    client.entra.tokens.away = True
    assert (await client.ask("GET", "usertoken/GetToken", params=ANN))[0] == 503


async def exchanged(client: Client, token: str) -> tuple[int, Any]:
    return await client.ask("POST", "usertoken/exchange", params=ANN, json={"token": token})


def audience(token: str) -> str:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return str(claims["aud"])
