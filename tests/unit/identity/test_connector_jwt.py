"""A token that was found valid is known again, and no longer than it is valid."""

import time

import pytest
from jwt import PyJWK

from shared.clients.http import HttpClient
from shared.errors import Rejected
from shared.identity import connector_jwt
from shared.identity.connector_jwt import ConnectorTokens
from shared.identity.openid_keys import OpenIdKeys, SigningKey
from tests.contract.channels.connector import APP_ID, SERVICE_URL, jwk, token

ISSUER = "https://api.botframework.com"


class Published(OpenIdKeys):
    """Keys that a test hands out, by id."""

    def __init__(self) -> None:
        super().__init__("https://connector.example/openid", HttpClient())
        self.keys: dict[str, SigningKey] = {}
        self.publish("key-1")

    def publish(self, kid: str, signed_by: str = "") -> None:
        key = PyJWK({**jwk(signed_by or kid), "kid": kid})
        self.keys[kid] = SigningKey(key, frozenset({"msteams"}))

    async def find(self, kid: str) -> SigningKey | None:
        return self.keys.get(kid)


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def keys() -> Published:
    return Published()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(keys: Published, clock: Clock) -> ConnectorTokens:
    return ConnectorTokens(keys, ISSUER, clock=clock)


async def refusal(tokens: ConnectorTokens, header: str, app_id: str = APP_ID) -> str:
    with pytest.raises(Rejected) as rejection:
        await tokens.validate(header, app_id)
    return str(rejection.value)


async def test_the_same_token_is_judged_once(tokens: ConnectorTokens) -> None:
    header = f"Bearer {token()}"

    first = await tokens.validate(header, APP_ID)
    again = await tokens.validate(header, APP_ID)

    assert first.service_url == SERVICE_URL
    assert again is first


async def test_a_known_token_ends_with_its_time(tokens: ConnectorTokens, clock: Clock) -> None:
    header = f"Bearer {token(exp=int(time.time()) + 600)}"
    await tokens.validate(header, APP_ID)
    clock.ahead = 880
    await tokens.validate(header, APP_ID)

    clock.ahead = 901

    assert "Expired" in await refusal(tokens, header)


async def test_a_known_token_ends_with_its_key(tokens: ConnectorTokens, keys: Published) -> None:
    header = f"Bearer {token()}"
    await tokens.validate(header, APP_ID)

    keys.publish("key-1", signed_by="another")
    assert "InvalidSignature" in await refusal(tokens, header)

    del keys.keys["key-1"]
    assert "unknown_signing_key" in await refusal(tokens, header)


async def test_a_token_known_for_one_bot_opens_no_other(tokens: ConnectorTokens) -> None:
    header = f"Bearer {token()}"
    await tokens.validate(header, APP_ID)

    assert "audience" in await refusal(tokens, header, "11111111-2222-4333-8444-555555555555")


async def test_another_signature_under_the_same_claims_is_not_known(
    tokens: ConnectorTokens,
) -> None:
    good = token()
    await tokens.validate(f"Bearer {good}", APP_ID)
    signed, _, signature = good.rpartition(".")
    forged = f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"

    assert "InvalidSignature" in await refusal(tokens, f"Bearer {forged}")


async def test_only_so_many_are_known(
    tokens: ConnectorTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector_jwt, "MOST_VERDICTS", 2)
    headers = [f"Bearer {token(nbf=int(time.time()) - age)}" for age in (60, 61, 62)]
    first, second, _ = [await tokens.validate(header, APP_ID) for header in headers]

    assert await tokens.validate(headers[1], APP_ID) is second
    assert await tokens.validate(headers[0], APP_ID) is not first
