"""A secret that is named by its place in a vault: read, kept, and exchanged when it rotates."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared import vault_reference
from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.identity.credential import credential
from shared.identity.secrets import FRESH_FOR, REFUSED_PAUSE, Secrets
from tests.contract.channels.stub import Answer, StubService
from tests.contract.channels.whatsapp import WhatsAppHarness, graph_error, post, with_message

PATH = "/secrets/bot-secret?api-version=7.4"
IDENTITY = "33333333-3333-4333-8333-333333333333"


class Vault:
    """A Key Vault on loopback, who may open it, and a clock."""

    def __init__(self, service: StubService, http: HttpClient) -> None:
        self.service = service
        self.now = 1000.0
        self.value = f"keyvault://{service.host}/bot-secret"
        credential: Any = self
        self.secrets = Secrets(http, lambda: credential, local=True, clock=lambda: self.now)
        self.hold("one")

    def hold(self, secret: str) -> None:
        self.service.routes[PATH] = Answer(200, {"value": secret, "id": "https://v/secrets/s/1"})

    async def get_token(self, *scopes: str, **_: Any) -> Any:
        from azure.core.credentials import AccessToken

        assert scopes == ("https://vault.azure.net/.default",)
        return AccessToken("vault-token", 4_000_000_000)

    @property
    def reads(self) -> int:
        return len(self.service.heard("/secrets/"))


@pytest.fixture
async def vault() -> AsyncIterator[Vault]:
    http = HttpClient()
    async with StubService(Answer(404)) as service:
        yield Vault(service, http)
        await http.close()


# --- reading -------------------------------------------------------------------------------------


async def test_what_is_no_reference_is_the_secret_itself(vault: Vault) -> None:
    assert await vault.secrets.get("s3cret", refused="s3cret") == "s3cret"
    assert vault.reads == 0


async def test_a_secret_is_read_with_the_apps_token_and_kept(vault: Vault) -> None:
    values = await asyncio.gather(*(vault.secrets.get(vault.value) for _ in range(10)))

    assert values == ["one"] * 10
    [call] = vault.service.calls
    assert call.headers["Authorization"] == "Bearer vault-token"


async def test_a_rotated_secret_is_seen_after_a_while(vault: Vault) -> None:
    await vault.secrets.get(vault.value)
    vault.hold("two")

    vault.now += FRESH_FOR - 1
    assert await vault.secrets.get(vault.value) == "one"
    vault.now += 1
    assert await vault.secrets.get(vault.value) == "two"


async def test_a_refused_secret_is_looked_up_again_but_not_by_every_guess(vault: Vault) -> None:
    await vault.secrets.get(vault.value)
    vault.now += REFUSED_PAUSE
    assert await vault.secrets.get(vault.value, refused="one") == "one"
    vault.hold("two")
    assert await vault.secrets.get(vault.value, refused="one") == "one"
    assert vault.reads == 2

    vault.now += REFUSED_PAUSE
    assert await vault.secrets.get(vault.value, refused="one") == "two"
    assert await vault.secrets.get(vault.value, refused="one") == "two"
    assert vault.reads == 3


async def test_while_the_vault_is_down_the_last_value_serves(vault: Vault) -> None:
    await vault.secrets.get(vault.value)
    vault.service.routes[PATH] = Answer(503)
    vault.now += 2 * FRESH_FOR
    assert await vault.secrets.get(vault.value) == "one"

    vault.hold("two")
    assert await vault.secrets.get(vault.value) == "one"
    vault.now += REFUSED_PAUSE
    assert await vault.secrets.get(vault.value) == "two"


# --- what to mend --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(403), "Key Vault Secrets User"),
        (Answer(401), "AZURE_CLIENT_ID"),
        (Answer(404), "create that secret"),
        (Answer(503), "answers 503"),
        (Answer(200, {"id": "no value"}), "answers 200"),
    ],
    ids=lambda value: str(getattr(value, "status", "")),
)
async def test_what_a_vault_refuses_says_what_to_mend(
    vault: Vault, answer: Answer, words: str
) -> None:
    vault.service.routes[PATH] = answer

    with pytest.raises(Unavailable, match=words) as error:
        await vault.secrets.get(vault.value)

    assert "vault-token" not in str(error.value)


async def test_a_reference_that_the_platform_left_unresolved_is_named(vault: Vault) -> None:
    with pytest.raises(Unavailable, match="not resolved"):
        await vault.secrets.get(
            "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)"
        )


@pytest.mark.parametrize(
    "value",
    [
        "keyvault://evil.example/secret",
        "keyvault://evil.example/a.vault.azure.net/secret",
        "keyvault://contoso.vault.azure.net.evil.example/secret",
        "keyvault://user@contoso.vault.azure.net/secret",
        "keyvault://contoso.vault.azure.net:8443/secret",
        "keyvault://contoso.vault.azure.net/secret/version",
        "keyvault://contoso.vault.azure.net/",
        "keyvault://contoso.vault.azure.net/secret?x=1",
        "keyvault://[/secret",
    ],
)
async def test_a_token_goes_to_no_other_host(vault: Vault, value: str) -> None:
    assert vault_reference.parse(value, local=True) is None
    with pytest.raises(Unavailable, match="keyvault://<vault>"):
        await vault.secrets.get(value)


def test_a_vault_is_https_and_on_loopback_only_when_local() -> None:
    public = vault_reference.parse("keyvault://contoso-bots.vault.azure.net/s", local=False)
    assert public is not None
    assert public.url == "https://contoso-bots.vault.azure.net/secrets/s?api-version=7.4"
    china = vault_reference.parse("keyvault://contoso.vault.azure.cn/s", local=False)
    assert china is not None
    assert china.scope == "https://vault.azure.cn/.default"
    assert vault_reference.parse("keyvault://127.0.0.1:81/s", local=True) is not None
    assert vault_reference.parse("keyvault://127.0.0.1:81/s", local=False) is None


# --- the app's own identity ----------------------------------------------------------------------


async def test_the_app_opens_the_vault_with_its_managed_identity(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """azure-identity, against the endpoint that App Service gives a process."""
    token = {"access_token": "vault-token", "expires_on": "4000000000", "resource": "the vault"}
    async with StubService(Answer(200, token)) as endpoint:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{endpoint.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-1")
        app = credential(local=False, client_id=IDENTITY)
        http = HttpClient()
        secrets = Secrets(http, lambda: app, local=True)

        assert await secrets.get(vault.value) == "one"

        await http.close()
        await app.close()
        [call] = endpoint.calls
    assert f"client_id={IDENTITY}" in call.path
    assert "resource=https://vault.azure.net&" in call.path


async def test_an_app_without_identity_is_told_so(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with StubService(Answer(400, {"message": "no identity"})) as endpoint:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{endpoint.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-1")
        app = credential(local=False, client_id=IDENTITY)
        http = HttpClient()

        with pytest.raises(Unavailable, match="AZURE_CLIENT_ID"):
            await Secrets(http, lambda: app, local=True).get(vault.value)

        await http.close()
        await app.close()


# --- WhatsApp ------------------------------------------------------------------------------------


async def test_whatsapp_takes_a_body_signed_with_the_new_secret_at_once(vault: Vault) -> None:
    async with WhatsAppHarness() as meta:
        meta.secrets = vault.secrets
        meta.rebuild(whatsapp_app_secrets=(vault.value,))
        old, new = with_message(id="wamid.1"), with_message(id="wamid.2")
        assert (await meta.channel.receive(post(old, secret="one"))).activities
        vault.hold("two, one")
        vault.now += REFUSED_PAUSE

        assert (await meta.channel.receive(post(new, secret="two"))).activities
        assert (await meta.channel.receive(post(old, secret="one"))).activities


async def test_whatsapp_sends_again_with_the_new_token(vault: Vault) -> None:
    from tests.unit.channels.test_whatsapp_send import send

    async with WhatsAppHarness() as meta:
        meta.secrets = vault.secrets
        meta.rebuild(whatsapp_access_token=vault.value)
        assert await send(meta)
        vault.hold("two")
        vault.now += REFUSED_PAUSE
        meta.service.answers.append(graph_error(190, 401))

        assert await send(meta) == "wamid.sent.1"

        tokens = [call.headers["Authorization"] for call in meta.sent]
    assert tokens == ["Bearer one", "Bearer one", "Bearer two"]
