"""`botfabric doctor` over an app in which nothing is wrong, and one mistake at a time."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.operations.reports.doctor import Mistake, Premises, examine

ROOT = Path(__file__).parents[3]
TENANT = "11111111-2222-4333-8444-555555555555"
IDENTITY = "66666666-7777-4888-8999-aaaaaaaaaaaa"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()
SKILLS = frozenset({"router", "knowledge", "tickets"})
IN_THE_CLOUD = {
    "FABRIC_STORE_URL": "cosmos://acme.documents.azure.com/fabric",
    "FABRIC_BUS_URL": "servicebus://acme.servicebus.windows.net",
    "FABRIC_EVENTS_URL": "eventgrid://acme.westeurope-1.eventgrid.azure.net/api/events",
    "FABRIC_AI_URL": "azure-openai://acme.openai.azure.com",
    "FABRIC_OPERATOR_AUDIENCE": "api://bots",
    "FABRIC_OPERATOR_TENANT": TENANT,
    "FABRIC_WHATSAPP_APP_SECRET": "keyvault://acme.vault.azure.net/meta-app",
    "FABRIC_WHATSAPP_VERIFY_TOKEN": "of our own",
    "FABRIC_WHATSAPP_ACCESS_TOKEN": "keyvault://acme.vault.azure.net/meta-token",
    "AZURE_CLIENT_ID": IDENTITY,
    "AzureWebJobsStorage__accountName": "acme",
    "AzureWebJobsStorage__credential": "managedidentity",
    "AzureWebJobsStorage__clientId": IDENTITY,
    "ServiceBusConnection__fullyQualifiedNamespace": "acme.servicebus.windows.net",
    "ServiceBusConnection__credential": "managedidentity",
    "ServiceBusConnection__clientId": IDENTITY,
    "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY": "true",
    "REGION_NAME": "West Europe",
}
CONNECTION = (
    "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=app;SharedAccessKey=a2V5"
)
BOT = f"""
id = "desk"
name = "Desk"
owner = "desk@acme.example"
department = "IT"
region = "westeurope"
skills = ["router", "tickets"]
default_skill = "router"
knowledge = ["it"]
[channels.teams]
app_id = "22222222-3333-4444-8555-666666666666"
app_type = "SingleTenant"
tenant_id = "{TENANT}"
client_secret = "keyvault://acme.vault.azure.net/desk"
tenants = ["{TENANT}"]
[channels.whatsapp]
phone_number_id = "1061"
"""
PRICE = """
[[price]]
meter = "functions.executions"
unit = "1M executions"
usd = 0.40
effective_from = 2026-10-05
source = "the list"
"""


class App:
    """A folder as it is deployed, with the settings of a Flex Consumption app."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ = dict(IN_THE_CLOUD)
        self.local = False
        self.python = (3, 13)
        (root / "bots").mkdir()
        (root / "knowledge" / "it").mkdir(parents=True)
        (root / "knowledge" / "it" / "vpn.md").write_text("# VPN\n")
        (root / "bots" / "desk.toml").write_text(BOT)
        (root / "prices.toml").write_text(PRICE)
        shutil.copy(ROOT / "host.json", root)
        shutil.copy(ROOT / "local.settings.example.json", root)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def examined(self) -> list[Mistake]:
        premises = Premises(
            self.root, self.environ, self.local, NOON, skills=SKILLS, python=self.python
        )
        return examine(premises)


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path)


def test_nothing_is_wrong(app: App) -> None:
    assert app.examined() == []


def test_nothing_is_wrong_with_connection_strings(app: App) -> None:
    for name in [name for name in app.environ if "__" in name or name == "AZURE_CLIENT_ID"]:
        del app.environ[name]
    app.environ["ServiceBusConnection"] = CONNECTION
    app.environ["AzureWebJobsStorage"] = "DefaultEndpointsProtocol=https;AccountName=acme"

    assert app.examined() == []


SETTINGS = [
    ("environment", {"FABRIC_ENVIRONMENT": "production"}),
    ("store-url", {"FABRIC_STORE_URL": ""}),
    ("store-url", {"FABRIC_STORE_URL": "mongodb://acme/fabric"}),
    ("bus-url", {"FABRIC_BUS_URL": "servicebus://"}),
    ("events-url", {"FABRIC_EVENTS_URL": "https://acme.eventgrid.azure.net"}),
    ("ai-url", {"FABRIC_AI_URL": "azure://acme.openai.azure.com"}),
    ("ephemeral", {"FABRIC_STORE_URL": "sqlite:///store.db"}),
    ("offline-model", {"FABRIC_AI_URL": "offline://"}),
    ("plain-http", {"FABRIC_TEAMS_TOKEN_URL": "http://proxy.acme.example/{tenant}"}),
    ("graph-version", {"FABRIC_WHATSAPP_GRAPH_URL": "https://graph.facebook.com"}),
    ("app-secret", {"FABRIC_WHATSAPP_APP_SECRET": ""}),
    ("unverified-webhook", {"FABRIC_WHATSAPP_VERIFY_TOKEN": ""}),
    ("access-token", {"FABRIC_WHATSAPP_ACCESS_TOKEN": ""}),
    ("sample-secret", {"FABRIC_WHATSAPP_VERIFY_TOKEN": "local-verify-token"}),
    ("short-secret", {"FABRIC_WHATSAPP_APP_SECRET": "s"}),
    ("short-secret", {"FABRIC_WHATSAPP_VERIFY_TOKEN": "1"}),
    ("service-hosts", {"FABRIC_TEAMS_SERVICE_HOSTS": "127.0.0.1:5000"}),
    ("memory-size", {"FABRIC_FUNCTION_MEMORY_MB": "1024"}),
    ("telemetry-twice", {"PYTHON_ENABLE_OPENTELEMETRY": "true"}),
    ("flex-setting", {"WEBSITE_RUN_FROM_PACKAGE": "1"}),
    ("connection-string", {"ServiceBusConnection": "acme.servicebus.windows.net"}),
    ("connection-key", {"ServiceBusConnection": CONNECTION.rpartition(";")[0]}),
    ("connection-entity", {"ServiceBusConnection": f"{CONNECTION};EntityPath=skill-router"}),
    ("connection-namespace", {"ServiceBusConnection": CONNECTION.replace("acme", "other")}),
    ("connection-missing", {"AzureWebJobsStorage__accountName": ""}),
    ("identity-credential", {"ServiceBusConnection__credential": ""}),
    ("identity-client", {"AzureWebJobsStorage__clientId": TENANT}),
    ("vault-reference", {"FABRIC_AI_KEY": "@Microsoft.KeyVault(SecretUri=https://acme)"}),
    ("vault-form", {"FABRIC_AI_KEY": "keyvault://acme"}),
    ("operator-audience", {"FABRIC_OPERATOR_AUDIENCE": ""}),
    ("operator-tenant", {"FABRIC_OPERATOR_TENANT": "acme.onmicrosoft.com"}),
    ("other-region", {"REGION_NAME": "East US"}),
    ("speech-url", {"FABRIC_SPEECH_URL": "https://acme.cognitiveservices.azure.com"}),
    ("translator-url", {"FABRIC_TRANSLATOR_URL": "azure-translator://"}),
    ("service-half-set", {"FABRIC_DOCUMENTS_KEY": "keyvault://acme.vault.azure.net/documents"}),
    (
        "service-host",
        {"FABRIC_SPEECH_URL": "azure-speech://westeurope.api.cognitive.microsoft.com"},
    ),
    (
        "service-host",
        {"FABRIC_TRANSLATOR_URL": "azure-translator://api.cognitive.microsofttranslator.com"},
    ),
    ("unknown-setting", {"FABRIC_STOR_URL": "sqlite:///a.db"}),
    ("file-missing", {"FABRIC_WEBHOOKS_FILE": "config/webhooks.toml"}),
]


@pytest.mark.parametrize(("name", "change"), SETTINGS)
def test_a_wrong_setting_is_named_with_its_fix(app: App, name: str, change: dict[str, str]) -> None:
    app.environ |= change

    [mistake] = app.examined()

    assert mistake.name == name
    [setting] = {name.partition("__")[0] for name in change}
    assert mistake.where.partition("__")[0] == setting or name == "other-region"
    assert mistake.fix


TEXTS = [
    ("bot-tenant-id", "bots/desk.toml", f'tenant_id = "{TENANT}"', 'tenant_id = "acme"'),
    ("bot-app-type", "bots/desk.toml", '"SingleTenant"', '"MultiTenant"'),
    ("bot-app-id", "bots/desk.toml", '"22222222-3333-4444-8555-666666666666"', '"$DESK_APP_ID"'),
    (
        "bot-client-secret",
        "bots/desk.toml",
        'client_secret = "keyvault',
        'certificate_path = "" # "',
    ),
    ("bot-skills", "bots/desk.toml", '"tickets"]', '"tickts"]'),
    ("bot-default-skill", "bots/desk.toml", 'default_skill = "router"', 'default_skill = "faq"'),
    ("knowledge", "bots/desk.toml", 'knowledge = ["it"]', 'knowledge = ["hr"]'),
    ("region", "bots/desk.toml", '"westeurope"', '"West Europe"'),
    ("voice-unheard", "bots/desk.toml", 'knowledge = ["it"]', 'knowledge = ["it"]\nvoice = true'),
    ("stale-price", "prices.toml", "2026-10-05", "2024-10-05"),
    ("prices", "prices.toml", "usd = 0.40", 'usd = "0.40"'),
    ("route-prefix", "host.json", '"routePrefix": "api"', '"routePrefix": ""'),
    ("extension-bundle", "host.json", '"extensionBundle"', '"extensionBundles"'),
    ("hot-loop", "host.json", '"00:00:30"', '"00:00:00"'),
    ("lock-renewal", "host.json", '"00:09:30"', '"00:04:00"'),
    ("function-timeout", "host.json", '"00:10:00"', '"00:04:00"'),
    ("host-json", "host.json", '"version"', "version"),
]


@pytest.mark.parametrize(("name", "file", "old", "new"), TEXTS)
def test_a_wrong_line_is_named_with_its_fix(
    app: App, name: str, file: str, old: str, new: str
) -> None:
    app.edit(file, old, new)

    [mistake] = app.examined()

    assert mistake.name == name
    assert mistake.fix


def test_the_workers_flag_is_missed_where_telemetry_is_opentelemetry(app: App) -> None:
    app.edit(
        "host.json", '"functionTimeout"', '"telemetryMode": "OpenTelemetry", "functionTimeout"'
    )
    app.environ["PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"] = ""

    [mistake] = app.examined()

    assert mistake.name == "telemetry-flag"


def _twin(app: App) -> None:
    (app.root / "bots" / "twin.toml").write_text(BOT.replace('id = "desk"', 'id = "twin"', 1))


def _no_bots(app: App) -> None:
    (app.root / "bots" / "desk.toml").unlink()


def _unlocked(app: App) -> None:
    (app.root / "pyproject.toml").write_text('[project]\ndependencies = ["aiohttp>=3"]\n')
    (app.root / "requirements.txt").write_text("pydantic-core==2.0\n")


def _old_python(app: App) -> None:
    app.python = (3, 10)


def _too_many_cores(app: App) -> None:
    (app.root / "apps.toml").write_text(
        '[[app]]\nname = "main"\nmemory_mb = 4096\nmax_instances = 200\n'
    )


def _folder_is_a_file(app: App) -> None:
    app.local = True
    app.environ["FABRIC_DATA_DIR"] = "host.json"


def _no_directory(app: App) -> None:
    app.edit("bots/desk.toml", "tenants =", 'connection = "entra"\ntenants =')


def _for_persons(app: App) -> None:
    app.edit(
        "bots/desk.toml", "[channels.whatsapp]", '[backends]\ncrm = ["read"]\n[channels.whatsapp]'
    )
    (app.root / "backends.toml").write_text(
        '[crm]\nurl = "https://crm.acme.example"\nauth = "user"\nscope = "api://crm/.default"\n'
    )


def _no_place_for_tokens(app: App) -> None:
    _for_persons(app)
    app.edit("bots/desk.toml", '[channels.whatsapp]\nphone_number_id = "1061"\n', "")


def _managed_devices(app: App) -> None:
    _for_persons(app)
    _no_directory(app)
    app.environ["FABRIC_SIGN_IN_AUTHORITY"] = "https://login.microsoftonline.com/acme/v2.0"
    app.environ["FABRIC_SIGN_IN_CLIENT_ID"] = app.environ["FABRIC_SIGN_IN_CLIENT_SECRET"] = "x"


OTHERS: list[tuple[str, Callable[[App], None]]] = [
    ("same-address", _twin),
    ("bots", _no_bots),
    ("requirements", _unlocked),
    ("python", _old_python),
    ("quota-cores", _too_many_cores),
    ("data-folder", _folder_is_a_file),
    ("sign-in-directory", _no_directory),
    ("persons-token", _no_place_for_tokens),
    ("managed-devices", _managed_devices),
]


@pytest.mark.parametrize(("name", "spoil"), OTHERS)
def test_any_other_mistake_is_named_with_its_fix(
    app: App, name: str, spoil: Callable[[App], None]
) -> None:
    spoil(app)

    assert {mistake.name for mistake in app.examined()} == {name}
    assert all(mistake.fix for mistake in app.examined())


@pytest.mark.parametrize("file", ["backends", "access", "apps", "webhooks"])
def test_a_file_for_all_bots_is_read_like_at_the_start(app: App, file: str) -> None:
    (app.root / f"{file}.toml").write_text("[[nothing]]\n")

    [mistake] = app.examined()

    assert mistake.name == file
    assert mistake.where == f"{file}.toml: line 1"


def test_all_mistakes_are_told_at_once_and_warnings_last(app: App) -> None:
    app.environ |= {"FABRIC_AI_URL": "offline://", "FABRIC_BUS_URL": "", "REGION_NAME": "East US"}
    app.edit("bots/desk.toml", '"SingleTenant"', '"MultiTenant"')

    found = [mistake.name for mistake in app.examined()]

    assert found == ["bus-url", "bot-app-type", "offline-model"]


def test_no_secret_is_told(app: App) -> None:
    app.environ |= {
        "ServiceBusConnection": CONNECTION.replace("acme", "other"),
        "FABRIC_WHATSAPP_APP_SECRET": "local-app-secret",
        "FABRIC_AI_KEY": "keyvault://geheim",
    }

    told = json.dumps([mistake.line() for mistake in app.examined()])

    assert not [word for word in ("a2V5", "local-app-secret", "geheim") if word in told]
