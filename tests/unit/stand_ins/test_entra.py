"""Microsoft's own clients sign in with the stand-in for Entra ID: msal and azure-identity.

Both insist on the cloud's address; a transport leads it here, and nothing else is changed.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import msal  # type: ignore[import-untyped]
import pytest
import requests
from aiohttp import ClientSession
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ClientSecretCredential, OnBehalfOfCredential

from stand_ins.entra.directory import CLIENT_ID, CLIENT_SECRET, TENANT
from stand_ins.entra.people import HR
from stand_ins.entra.server import EntraServer
from stand_ins.entra.token_service import RESOURCE

CLOUD = "https://login.microsoftonline.com"
BACK = "http://localhost:7071/api/sign-in/callback"
OWN = f"{RESOURCE}/access_as_user"
CRM = "api://crm"


class Session(requests.Session):
    """msal's HTTP client."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> requests.Response:
        answer = super().request(method, str(url).replace(CLOUD, self._url), *args, **more)
        answer._content = answer.content.replace(self._url.encode(), CLOUD.encode())
        return answer


class Transport(AioHttpTransport):  # type: ignore[misc]
    """azure-identity's."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    async def send(self, request: Any, **config: Any) -> Any:
        request.url = request.url.replace(CLOUD, self._url)
        return await super().send(request, **config)


@pytest.fixture
async def entra() -> AsyncIterator[EntraServer]:
    async with EntraServer() as server:
        yield server


@pytest.fixture
async def app(entra: EntraServer) -> msal.ConfidentialClientApplication:
    def made() -> msal.ConfidentialClientApplication:
        return msal.ConfidentialClientApplication(
            CLIENT_ID,
            authority=f"{CLOUD}/{TENANT}",
            client_credential=CLIENT_SECRET,
            instance_discovery=False,
            http_client=Session(entra.address),
        )

    return await asyncio.to_thread(made)


def read(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


async def signed_in(app: Any, login: str, entra: EntraServer) -> dict[str, Any]:
    """Let msal run its code flow, which checks state, nonce, issuer, audience and times."""
    begin = app.initiate_auth_code_flow
    flow = await asyncio.to_thread(begin, [OWN], redirect_uri=BACK, response_mode="form_post")
    address = flow["auth_uri"].replace(CLOUD, entra.address)
    async with ClientSession() as session:
        answer = await session.get(f"{address}&login_hint={login}", allow_redirects=False)
    back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    redeem = app.acquire_token_by_auth_code_flow
    tokens: dict[str, Any] = await asyncio.to_thread(redeem, flow, back)
    return tokens


async def test_msal_signs_somebody_in_with_a_code(app: Any, entra: EntraServer) -> None:
    tokens = await signed_in(app, "henry", entra)

    henry = entra.named("henry")
    assert henry
    assert tokens["id_token_claims"]["oid"] == henry.subject.oid
    assert HR in tokens["id_token_claims"]["groups"]
    assert read(tokens["access_token"])["aud"] == CLIENT_ID


async def test_msal_renews_a_token_until_the_person_is_deleted(
    app: Any, entra: EntraServer
) -> None:
    await signed_in(app, "henry", entra)
    [account] = app.get_accounts()

    async def renewed() -> dict[str, Any]:
        found: dict[str, Any] = await asyncio.to_thread(
            app.acquire_token_silent_with_error, [OWN], account, force_refresh=True
        )
        return found

    assert read((await renewed())["access_token"])["name"] == "Henry Human"
    entra.removed.add("henry")
    assert (await renewed())["error_codes"] == [50034]


async def test_msal_acts_on_behalf_of_somebody_and_is_refused_as_entra_does(
    app: Any, entra: EntraServer
) -> None:
    own = (await signed_in(app, "henry", entra))["access_token"]

    async def exchanged(assertion: str, scope: str) -> dict[str, Any]:
        found: dict[str, Any] = await asyncio.to_thread(
            app.acquire_token_on_behalf_of, assertion, [scope]
        )
        return found

    crm = await exchanged(own, f"{CRM}/.default")
    assert (read(crm["access_token"])["aud"], read(crm["access_token"])["name"]) == (
        CRM,
        "Henry Human",
    )
    assert (await exchanged(crm["access_token"], "api://other/.default"))["error_codes"] == [500131]
    entra.refuses_on_behalf = "AADSTS530035"
    assert "AADSTS530035" in (await exchanged(own, "api://third/.default"))["error_description"]


async def test_azure_identity_acts_on_behalf_of_somebody(entra: EntraServer) -> None:
    options: dict[str, Any] = {
        "client_secret": CLIENT_SECRET,
        "user_assertion": entra.tokens.client_token("erika"),
        "transport": Transport(entra.address),
        "disable_instance_discovery": True,
    }
    async with OnBehalfOfCredential(TENANT, CLIENT_ID, **options) as credential:
        token = await credential.get_token(f"{CRM}/.default")
        assert (read(token.token)["aud"], read(token.token)["name"]) == (CRM, "Erika Employee")

        entra.removed.add("erika")
        with pytest.raises(ClientAuthenticationError, match="AADSTS50034"):
            await credential.get_token("api://other/.default")


async def test_azure_identity_gets_a_token_for_the_app_and_none_with_a_wrong_secret(
    entra: EntraServer,
) -> None:
    options: dict[str, Any] = {
        "transport": Transport(entra.address),
        "disable_instance_discovery": True,
    }
    async with ClientSecretCredential(TENANT, CLIENT_ID, CLIENT_SECRET, **options) as credential:
        token = await credential.get_token("https://graph.microsoft.com/.default")
        assert read(token.token)["idtyp"] == "app"
    wrong = {**options, "transport": Transport(entra.address)}
    async with ClientSecretCredential(TENANT, CLIENT_ID, "wrong", **wrong) as credential:
        with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
            await credential.get_token("https://graph.microsoft.com/.default")
