"""A bot belongs to one of Microsoft's clouds: who signs, who gives tokens, and where it answers."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from shared.bot import TeamsChannel
from shared.channels.service_url import HOSTS, allowed
from shared.clients.http import HttpClient, Response
from shared.errors import Rejected
from shared.identity.bot_token import BotTokens
from shared.identity.cloud import CLOUDS
from shared.ports.channel import Request
from shared.settings import Settings
from tests.contract.channels.connector import APP_ID, TENANT, token
from tests.contract.channels.teams import TeamsHarness, payload, post, teams_bot

SECRET = {"app_id": APP_ID, "tenant_id": TENANT, "client_secret": "s3cret"}
SERVICE = {
    "public": "https://smba.trafficmanager.net/emea/",
    "gcc-high": "https://smba.infra.gov.teams.microsoft.us/gcch",
    "dod": "https://smba.infra.dod.teams.microsoft.us/dod",
}
ISSUER = {
    "public": "https://api.botframework.com",
    "gcc-high": "https://api.botframework.us",
    "dod": "https://api.botframework.us",
}
PAIRS = [(bot, sender) for bot in SERVICE for sender in SERVICE]


@pytest.fixture
async def teams() -> AsyncIterator[TeamsHarness]:
    async with TeamsHarness() as harness:
        yield harness


def message(service_url: str, issuer: str) -> Request:
    authorization = f"Bearer {token(iss=issuer, serviceurl=service_url)}"
    body = {**payload("personal-message"), "serviceUrl": service_url}
    return post(body, authorization=authorization)


class Entra(HttpClient):
    """Gives a token to whoever asks, and remembers who asked where."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
        until: Callable[[bytes], bool] | None = None,
    ) -> Response:
        self.asked.append((url, form or {}))
        return Response(200, {}, b'{"access_token": "outbound-1", "expires_in": 3600}')


def test_every_cloud_has_its_addresses_and_its_hosts() -> None:
    assert CLOUDS.keys() == HOSTS.keys() == SERVICE.keys()


@pytest.mark.parametrize(("cloud", "sender"), PAIRS)
async def test_only_its_own_clouds_connector_reaches_a_bot(
    teams: TeamsHarness, cloud: str, sender: str
) -> None:
    teams.rebuild(teams_bot(**SECRET, cloud=cloud))
    request = message(SERVICE[sender], ISSUER[sender])

    if sender == cloud:
        assert (await teams.channel.receive(request)).activities
    else:
        with pytest.raises(Rejected):
            await teams.channel.receive(request)


@pytest.mark.parametrize("cloud", SERVICE)
async def test_the_right_address_does_not_excuse_the_other_clouds_signature(
    teams: TeamsHarness, cloud: str
) -> None:
    teams.rebuild(teams_bot(**SECRET, cloud=cloud))
    [other] = set(ISSUER.values()) - {ISSUER[cloud]}

    with pytest.raises(Rejected):
        await teams.channel.receive(message(SERVICE[cloud], other))


@pytest.mark.parametrize(("cloud", "sender"), PAIRS)
def test_a_bot_answers_into_its_own_cloud_only(cloud: str, sender: str) -> None:
    assert allowed(SERVICE[sender], cloud=cloud) is (sender == cloud)


@pytest.mark.parametrize(
    ("cloud", "authority", "scope"),
    [
        ("public", "login.microsoftonline.com", "https://api.botframework.com/.default"),
        ("gcc-high", "login.microsoftonline.us", "https://api.botframework.us/.default"),
        ("dod", "login.microsoftonline.us", "https://api.botframework.us/.default"),
    ],
)
async def test_its_token_comes_from_its_own_cloud(cloud: str, authority: str, scope: str) -> None:
    entra = Entra()
    bot = teams_bot(**SECRET, cloud=cloud)
    table = bot.channels.teams
    assert isinstance(table, TeamsChannel)
    settings = Settings.from_environ({"FABRIC_ENVIRONMENT": "local"})

    await BotTokens(settings.teams_token_url, entra).get(bot, table)

    [(url, form)] = entra.asked
    assert url == f"https://{authority}/{TENANT}/oauth2/v2.0/token"
    assert form["scope"] == scope


async def test_an_address_in_the_settings_serves_whatever_the_cloud(teams: TeamsHarness) -> None:
    entra = Entra()
    bot = teams_bot(**SECRET, cloud="dod")
    table = bot.channels.teams
    assert isinstance(table, TeamsChannel)

    await BotTokens("http://127.0.0.1:9/{tenant}/token", entra).get(bot, table)

    assert entra.asked[0][0] == f"http://127.0.0.1:9/{TENANT}/token"
