"""Behind a gateway a backend is called once, with the bot's name and a key of the vault."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from azure.core.credentials import AccessToken

from shared.ai.openai_models import OpenAIModels
from shared.errors import ConfigurationError, Unavailable
from shared.fabric import Fabric
from shared.integrations.gateway import Gateway
from shared.integrations.http_backend import HttpBackend
from shared.manifest.backends import Declaration
from shared.observability.meter import metering
from shared.ports.backend import TurnBackend
from shared.settings import Settings
from shared.skill import Skill

VAULT = "keyvault://contoso.vault.azure.net/gateway-key"
ELSEWHERE = "http://127.0.0.1:9/crm"
BOT = """
id = "desk"
name = "Desk"
owner = "a@contoso.example"
department = "IT"
skills = ["echo"]
default_skill = "echo"
[channels.web]
origins = ["http://localhost:7071"]
"""


class Front:
    """A gateway that remembers what it is asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.status = 200
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return web.json_response({"data": [], "object": "list"}, status=self.status)


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    made, app = Front(), web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


class Credential:
    def __init__(self) -> None:
        self.scopes: list[str] = []

    async def get_token(self, scope: str) -> AccessToken:
        self.scopes.append(scope)
        return AccessToken("token", 2**40)


async def secret(value: str) -> str:
    assert value == VAULT
    return "from the vault"


def gateway(front: Front, credential: Any = None, scope: str = "") -> Gateway:
    return Gateway(f"{front.url}/", VAULT, scope, secret, lambda: credential)


async def test_a_call_has_the_bots_name_and_the_key_of_the_vault(front: Front) -> None:
    declared = Declaration(ELSEWHERE, key="the backend's own", gateway="apim")
    credential = Credential()
    through = gateway(front, credential, "api://gateway/.default")
    backend = HttpBackend("crm", declared, through, url=through.backend_url("crm"), tries=1)

    with metering() as work:
        work.bot, work.department = "desk", "Büro"
        await TurnBackend(backend, "w1").get("/customers/{id}", id="c 1")

    [asked] = front.asked
    assert asked.raw_path == "/backends/crm/customers/c%201"
    assert asked.headers["Ocp-Apim-Subscription-Key"] == "from the vault"
    assert (asked.headers["x-bot-id"], asked.headers["x-bot-department"]) == ("desk", "B?ro")
    assert asked.headers["Authorization"] == "Bearer token"
    assert "own" not in str(asked.headers)
    assert credential.scopes == ["api://gateway/.default"]
    await backend.close()


async def test_the_gateway_tries_again_and_the_library_does_not(front: Front) -> None:
    front.status = 503
    through = gateway(front)
    declared = Declaration(ELSEWHERE, tries=3, gateway="apim")
    backend = HttpBackend("crm", declared, through, url=through.backend_url("crm"), tries=1)

    with pytest.raises(Unavailable):
        await TurnBackend(backend, "w1").get("/customers")

    assert len(front.asked) == 1
    await backend.close()


async def test_models_on_the_gateways_host_are_asked_the_same_way(front: Front) -> None:
    through, host = gateway(front), front.url.removeprefix("http://")
    models = OpenAIModels(
        f"azure-openai://{host}",
        "",
        base_url=lambda place: f"http://{place}",
        credential=lambda: pytest.fail("the gateway has the identity"),
        gateway=through.headers,
        gateway_host=host,
    )

    with metering() as work:
        work.bot, work.department = "desk", "IT"
        assert await models.check() == ""

    [asked] = front.asked
    assert asked.path == "/openai/v1/models"
    assert asked.headers["Ocp-Apim-Subscription-Key"] == "from the vault"
    assert (asked.headers["x-bot-id"], asked.headers["x-bot-department"]) == ("desk", "IT")
    await models.close()


def fabric(folder: Path, **environ: str) -> Fabric:
    (folder / "bots").mkdir(exist_ok=True)
    (folder / "bots" / "desk.toml").write_text(BOT)
    (folder / "backends.toml").write_text(
        '[crm]\nurl = "https://crm.contoso.example"\ngateway = "apim"\n'
    )
    settings = {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(folder / "data"),
        "FABRIC_BOTS_DIR": str(folder / "bots"),
        "FABRIC_BACKENDS_FILE": str(folder / "backends.toml"),
        "FABRIC_POLICY_FILE": str(folder / "policy.toml"),
        "FABRIC_EMBEDDINGS": "off",
        **environ,
    }
    return Fabric(Settings.from_environ(settings), {"echo": Skill("echo", "Echoes")})


async def test_a_laptop_without_a_gateway_calls_the_backend_itself(tmp_path: Path) -> None:
    made = fabric(tmp_path)

    assert made.gateway is None
    assert isinstance(made.backends["crm"], HttpBackend)
    await made.close()


def test_a_gateway_needs_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="FABRIC_GATEWAY_KEY is not set"):
        fabric(tmp_path, FABRIC_GATEWAY_URL="https://apim.contoso.example")
    with pytest.raises(ConfigurationError, match="FABRIC_GATEWAY_KEY is no place"):
        fabric(
            tmp_path,
            FABRIC_GATEWAY_URL="https://apim.contoso.example",
            FABRIC_GATEWAY_KEY="keyvault://elsewhere/key",
        )


def test_in_the_cloud_calls_do_not_go_around_the_gateway(tmp_path: Path) -> None:
    cloud = {
        "FABRIC_ENVIRONMENT": "cloud",
        "FABRIC_STORE_URL": "cosmos://contoso.documents.azure.com/fabric",
        "FABRIC_BUS_URL": "servicebus://contoso.servicebus.windows.net",
        "FABRIC_EVENTS_URL": "bus://",
        "FABRIC_AI_URL": "azure-openai://contoso.openai.azure.com",
        "FABRIC_WHATSAPP_APP_SECRET": "a",
    }
    with pytest.raises(ConfigurationError, match=r"crm.gateway: there is no gateway; set FABRIC"):
        fabric(tmp_path, **cloud)
