"""How a bot proves who it is to Entra ID, what it does on rotation, and what a refusal says."""

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from shared.bot import TeamsChannel
from shared.errors import Unavailable
from shared.identity.bot_token import BotTokens
from shared.identity.secrets import REFUSED_PAUSE
from tests.contract.channels.connector import APP_ID, TENANT, TOKEN, rsa_key
from tests.contract.channels.stub import Answer, StubService
from tests.contract.channels.teams import TeamsHarness, teams_bot
from tests.unit.identity.test_secrets import Vault

IDENTITY = "44444444-4444-4444-8444-444444444444"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
async def teams() -> AsyncIterator[TeamsHarness]:
    async with TeamsHarness() as harness:
        yield harness


async def token_of(teams: TeamsHarness, **table: Any) -> str:
    """The token that a bot with these keys gets."""
    teams.bot = teams_bot(**{"app_id": APP_ID, "tenant_id": TENANT, **table})
    own = teams.bot.channels.teams
    assert own is not None
    return await tokens(teams).get(teams.bot, own)


def tokens(teams: TeamsHarness) -> BotTokens:
    return BotTokens(
        teams.settings.teams_token_url,
        teams.http,
        secrets=teams.secrets,
        identities=teams.identities,
    )


def asked(teams: TeamsHarness) -> dict[str, str]:
    """The form of the last token request."""
    body = teams.service.heard(TOKEN)[-1].body.decode()
    return {name: values[0] for name, values in parse_qs(body).items()}


# --- certificates --------------------------------------------------------------------------------


@cache
def certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bot.contoso.example")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(rsa_key("bot").public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(rsa_key("bot"), hashes.SHA256())
    )


def pem(password: str = "") -> str:
    encryption: Any = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password.encode())
    key = rsa_key("bot").private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    return (key + certificate().public_bytes(serialization.Encoding.PEM)).decode()


def pfx(password: str = "") -> bytes:
    encryption: Any = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(
        b"bot", rsa_key("bot"), certificate(), None, encryption
    )


@pytest.mark.parametrize(
    "table",
    [
        {"certificate": pem()},
        {"certificate": pem().replace("\n", "\\n")},
        {"certificate": pem("pw"), "certificate_password": "pw"},
        {"certificate": base64.b64encode(pfx()).decode()},
        {"certificate": base64.b64encode(pfx("pw")).decode(), "certificate_password": "pw"},
    ],
    ids=["pem", "pem in one line", "pem with password", "pfx", "pfx with password"],
)
async def test_a_certificate_signs_an_assertion_for_the_token_endpoint(
    teams: TeamsHarness, table: dict[str, str]
) -> None:
    assert await token_of(teams, **table) == "outbound-1"

    form = asked(teams)
    assert "client_secret" not in form
    assert (form["client_assertion_type"], form["client_id"]) == (JWT_BEARER, APP_ID)
    der = certificate().public_bytes(serialization.Encoding.DER)
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
    header = jwt.get_unverified_header(form["client_assertion"])
    assert header == {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}
    claims = jwt.decode(
        form["client_assertion"],
        rsa_key("bot").public_key(),
        algorithms=["PS256"],
        audience=f"{teams.service.url}{TOKEN}",
        issuer=APP_ID,
        options={"require": ["exp", "nbf", "iat", "jti", "sub"]},
    )
    assert claims["sub"] == APP_ID
    assert claims["exp"] - claims["nbf"] <= 600


@pytest.mark.parametrize("content", [pem().encode(), pfx()], ids=["pem", "pfx"])
async def test_a_certificate_may_lie_in_a_file(
    teams: TeamsHarness, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "bot.crt").write_bytes(content)

    assert await token_of(teams, certificate_path=str(tmp_path / "bot.crt")) == "outbound-1"


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"certificate": "-----BEGIN nothing"}, "certificate "),
        ({"certificate": "not base64!"}, "certificate "),
        ({"certificate": pem().partition("-----BEGIN CERT")[0]}, "certificate "),
        ({"certificate": pem("pw"), "certificate_password": "other"}, "certificate_password"),
        ({"certificate_path": "nowhere/bot.pem"}, "certificate_path .*No such file"),
    ],
    ids=["pem", "pfx", "no certificate", "password", "path"],
)
async def test_a_certificate_that_cannot_be_read_names_its_key(
    teams: TeamsHarness, table: dict[str, str], key: str
) -> None:
    with pytest.raises(Unavailable, match=f"bots/helpdesk.toml: .*{key}") as error:
        await token_of(teams, **table)

    assert "PRIVATE" not in str(error.value)
    assert teams.service.calls == []


# --- managed identities --------------------------------------------------------------------------


@pytest.fixture
async def endpoint(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StubService]:
    """The endpoint for tokens of managed identities that App Service gives a process."""
    token = {"access_token": "of-identity", "expires_on": "4000000000", "resource": "any"}
    async with StubService(Answer(200, token)) as service:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{service.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-1")
        yield service


async def test_a_managed_identity_is_the_bots_own(
    teams: TeamsHarness, endpoint: StubService
) -> None:
    assert await token_of(teams, app_type="UserAssignedMSI", tenant_id="") == "of-identity"

    [call] = endpoint.calls
    assert f"client_id={APP_ID}" in call.path
    assert "resource=https://api.botframework.com&" in call.path
    assert teams.service.calls == []


async def test_a_federated_identity_stands_in_for_a_secret(
    teams: TeamsHarness, endpoint: StubService
) -> None:
    assert await token_of(teams, federated_client_id=IDENTITY) == "outbound-1"

    [call] = endpoint.calls
    assert f"client_id={IDENTITY}" in call.path
    assert "resource=api://AzureADTokenExchange&" in call.path
    form = asked(teams)
    assert (form["client_assertion"], form["client_assertion_type"]) == ("of-identity", JWT_BEARER)
    assert form["client_id"] == APP_ID


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"app_type": "UserAssignedMSI", "tenant_id": ""}, "app_id"),
        ({"federated_client_id": IDENTITY}, "federated_client_id"),
    ],
)
async def test_an_identity_that_the_app_does_not_have_is_named(
    teams: TeamsHarness, endpoint: StubService, table: dict[str, str], key: str
) -> None:
    endpoint.default = Answer(400, {"message": "No User Assigned identity found"})

    with pytest.raises(Unavailable) as error:
        await token_of(teams, **table)

    text = str(error.value)
    assert f"client id is {key} to the Function App, or correct {key}" in text
    assert "bots/helpdesk.toml" in text


# --- rotation ------------------------------------------------------------------------------------


async def test_a_rotated_secret_is_used_without_a_restart(teams: TeamsHarness) -> None:
    async with StubService(Answer(404)) as service:
        vault = Vault(service, teams.http)
        teams.secrets = vault.secrets
        teams.bot = teams_bot(app_id=APP_ID, tenant_id=TENANT, client_secret=vault.value)
        own = teams.bot.channels.teams
        assert own is not None
        bot_tokens = tokens(teams)
        assert await bot_tokens.get(teams.bot, own) == "outbound-1"
        bot_tokens.drop(own, "outbound-1")
        vault.hold("two")
        vault.now += REFUSED_PAUSE
        taken = await refusing(teams, "one", bot_tokens, own)

    assert taken == "outbound-2"
    assert asked(teams)["client_secret"] == "two"


async def refusing(teams: TeamsHarness, old: str, tokens: BotTokens, own: TeamsChannel) -> str:
    """A token from an endpoint that knows the secret `old` no more."""
    del teams.service.routes[TOKEN]
    teams.service.answers.append(Answer(401, {"error": "invalid_client"}))
    teams.service.answers.append(Answer(200, {"access_token": "outbound-2", "expires_in": 3600}))
    token = await tokens.get(teams.bot, own)
    secrets = [parse_qs(call.body.decode())["client_secret"] for call in teams.service.heard(TOKEN)]
    assert secrets[-2:] == [[old], ["two"]]
    return token


async def test_a_certificate_is_read_from_a_vault(teams: TeamsHarness) -> None:
    """Key Vault hands a certificate with its key out as a secret, as PKCS#12 by default."""
    async with StubService(Answer(404)) as service:
        vault = Vault(service, teams.http)
        vault.hold(base64.b64encode(pfx()).decode())
        teams.secrets = vault.secrets

        assert await token_of(teams, certificate=vault.value) == "outbound-1"


# --- refusals ------------------------------------------------------------------------------------

SECRET = {"client_secret": "s3cret"}
CERTIFICATE = {"certificate": pem()}


@pytest.mark.parametrize(
    ("code", "table", "words"),
    [
        (700016, SECRET, "tenant_id has no app with this app_id"),
        (7000229, SECRET, "service principal"),
        (7000112, SECRET, "disabled"),
        (90002, SECRET, "tenant_id is no tenant"),
        (900023, SECRET, "tenant_id is no tenant"),
        (7000215, SECRET, "secret's Value, not its Secret ID"),
        (7000222, SECRET, "client_secret has expired"),
        (700027, CERTIFICATE, "not registered with the app of app_id"),
        (7000214, CERTIFICATE, "revoked"),
        (700024, CERTIFICATE, "clock"),
        (500011, SECRET, "FABRIC_TEAMS_TOKEN_URL"),
        (1002012, SECRET, "FABRIC_TEAMS_TOKEN_URL"),
        (53003, SECRET, "Conditional Access"),
        (999999, SECRET, "check app_id, client_secret and tenant_id"),
        (999999, CERTIFICATE, "check app_id, certificate and tenant_id"),
    ],
)
@pytest.mark.parametrize("told_by", ["error_codes", "error_description"])
async def test_a_refusal_of_entra_names_what_to_mend(
    teams: TeamsHarness, code: int, table: dict[str, str], words: str, told_by: str
) -> None:
    said: Any = [code] if told_by == "error_codes" else f"AADSTS{code}: private words\r\nTrace ID"
    teams.service.routes[TOKEN] = Answer(401, {"error": "invalid_client", told_by: said})

    with pytest.raises(Unavailable) as error:
        await token_of(teams, **table)

    text = str(error.value)
    assert text.startswith("bots/helpdesk.toml: the token endpoint answers 401, invalid_client")
    assert words in text
    assert f"AADSTS{code}" in text
    assert "s3cret" not in text
    assert "private words" not in text


@pytest.mark.parametrize("code", [700213, 70021, 7002131])
async def test_a_federation_that_is_not_set_up_names_its_key(
    teams: TeamsHarness, endpoint: StubService, code: int
) -> None:
    teams.service.routes[TOKEN] = Answer(401, {"error": "invalid_client", "error_codes": [code]})

    with pytest.raises(Unavailable, match="federated_client_id"):
        await token_of(teams, federated_client_id=IDENTITY)


@pytest.mark.parametrize("answer", [Answer(400), Answer(400, [1]), Answer(401, {"error": "a b"})])
async def test_a_refusal_without_words_names_the_keys(teams: TeamsHarness, answer: Answer) -> None:
    teams.service.routes[TOKEN] = answer

    with pytest.raises(Unavailable, match="check app_id, client_secret and tenant_id"):
        await token_of(teams, **SECRET)
