"""What the apps need is what the Bicep makes: queues, containers, settings, roles, bots, models."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.check.source import body, literal, properties, read, text
from packing.groups import lines
from packing.needs import ROLES, needs, write
from shared.errors import ConfigurationError
from shared.indexes.cosmos.container import NAME, definition
from shared.manifest.departments import load_departments
from shared.operations.reports.doctor import Premises, examine
from shared.storage.cosmos.documents import CONTAINERS, DEFINITION
from tests.golden import golden

ROOT = Path(__file__).parents[3]
INFRA = ROOT / "infra"
IDENTITY = "66666666-7777-4888-8999-aaaaaaaaaaaa"
PLATFORM = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
"""What the Functions host reads, and the app does not."""

NOT_IN_THE_CLOUD = {
    *("FABRIC_DATA_DIR", "FABRIC_SQLITE_SYNCHRONOUS", "FABRIC_TEAMS_SERVICE_HOSTS"),
    *("FABRIC_COSMOS_KEY", "FABRIC_EVENTS_KEY", "FABRIC_AI_KEY", "AzureWebJobsStorage"),
    *("ServiceBusConnection", "FUNCTIONS_WORKER_RUNTIME", "PORT"),
}
"""Keys where an identity serves, and what only a laptop has."""

MAY_BE_EMPTY = {
    *("FABRIC_FUNCTION_MEMORY_MB", "FABRIC_AI_MODELS", "FABRIC_PUBLIC_URL"),
    "FABRIC_INDEX_URL",
    *("FABRIC_SPEECH_URL", "FABRIC_TRANSLATOR_URL", "FABRIC_DOCUMENTS_URL"),
    *("FABRIC_GATEWAY_URL", "FABRIC_GATEWAY_KEY", "FABRIC_GATEWAY_SCOPE"),
    *("FABRIC_SIGN_IN_AUTHORITY", "FABRIC_SIGN_IN_CLIENT_ID", "FABRIC_SIGN_IN_CLIENT_SECRET"),
}
"""What has a default, or belongs to what an app may do without."""

LEFT_AT_ITS_DEFAULT = re.compile(
    r"FABRIC_(\w+_FILE|\w+_DIR|TEAMS_OPENID_URL|TEAMS_TOKEN_URL|TEAMS_TOKEN_SERVICE_URL|APP_SERVICE_AUTH|WHATSAPP_GRAPH_URL"
    r"|OPERATOR_OPENID_URL|GRAPH_URL|STREAM_URL|SAFETY_URL|REGION|EMBEDDINGS"
    r"|TRACES|TRUSTED_PROXIES|(?!GATEWAY)\w+_KEY)"
)


@pytest.fixture(scope="module")
def listed() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((INFRA / "needs.json").read_bytes())
    return found


def settings(bus: str) -> set[str]:
    """The app settings that the Bicep makes with this bus."""
    source = read(INFRA / "modules" / "app.bicep")
    mine = {"servicebus": "onServiceBus", "storagequeue": "onStorageQueue"}[bus]
    return {
        name
        for variable in ("common", mine)
        for name in properties(source.declared[variable].named_children[-1])
    }


def test_the_list_is_of_this_checkout() -> None:
    assert (INFRA / "needs.json").read_text() == write(ROOT), "run make needs"


def test_every_queue_that_sets_a_function_off_is_made(listed: dict[str, Any]) -> None:
    bindings = [one for found in golden().values() for one in found]
    triggers = {
        one["queueName"]: one["isSessionsEnabled"]
        for one in bindings
        if one["type"] == "serviceBusTrigger"
    }

    assert {queue["name"]: queue["sessions"] for queue in listed["queues"]} == triggers


def test_every_queue_of_a_storage_account_is_made(listed: dict[str, Any]) -> None:
    bindings = [one for found in golden("storagequeue").values() for one in found]
    triggers = {one["queueName"] for one in bindings if one["type"] == "queueTrigger"}
    names = {queue["name"] for queue in listed["queues"]}

    assert triggers <= names | {f"{name}-poison" for name in names}


def test_the_broker_gives_up_when_the_emulators_would(listed: dict[str, Any]) -> None:
    config = json.loads((ROOT / ".github" / "emulators" / "servicebus.json").read_bytes())
    [namespace] = config["UserConfig"]["Namespaces"]
    there = {queue["Name"]: queue["Properties"] for queue in namespace["Queues"]}
    source = read(INFRA / "modules" / "messaging.bicep")
    given = properties(properties(body(source.declared["working"])).get("properties"))

    for name, queue in there.items():
        if name != "dead-letters":
            assert str(queue["MaxDeliveryCount"]) == text(given["maxDeliveryCount"])
            assert queue["ForwardDeadLetteredMessagesTo"] == "dead-letters"
    assert text(given["forwardDeadLetteredMessagesTo"]) == "buried.name"


def test_the_containers_are_those_of_the_store(listed: dict[str, Any]) -> None:
    assert listed["containers"] == list(CONTAINERS)
    assert listed["container"] == DEFINITION


def test_the_container_of_the_index_is_the_one_that_a_sync_would_make(
    listed: dict[str, Any],
) -> None:
    index = dict(listed["index"])
    embedding, name = index.pop("embedding"), index.pop("id")
    made = definition(1536)
    [vectors] = made.pop("vectorEmbeddingPolicy")["vectorEmbeddings"]

    assert (name, index) == (NAME, made)
    assert {**embedding, "dimensions": 1536} == vectors


def test_every_part_of_the_list_is_made() -> None:
    used = set(re.findall(r"\bneeds\.(?!json)(\w+)", (INFRA / "main.bicep").read_text()))

    assert used | {"models"} == needs(ROOT).keys()


@pytest.mark.parametrize("environment", ["dev", "test", "prod"])
def test_every_model_that_a_bot_names_is_deployed(listed: dict[str, Any], environment: str) -> None:
    given = json.loads((INFRA / "parameters" / f"{environment}.json").read_bytes())["parameters"]
    default = read(INFRA / "main.bicep").declared["models"].named_children[-1]
    deployed = [literal(properties(one)["alias"]) for one in default.named_children]
    if "models" in given:
        deployed = [one["alias"] for one in given["models"]["value"]]

    assert set(listed["models"]) <= set(deployed)


DEPARTMENTS = """
[[department]]
id = "IT"
cost_center = "CC-1"
resource_group = "rg-bots-it"
[[department]]
id = "HR"
resource_group = "rg-bots-hr"
subscription = "12345678-1234-4234-8234-123456789012"
[[department]]
id = "Unused"
resource_group = "rg-bots-none"
"""
BOT = """
id = "{id}"
name = "A bot"
owner = "a@contoso.example"
department = "{department}"
skills = ["{skill}"]
default_skill = "{skill}"
[channels.teams]
"""


BOTS = (("desk", "IT", "echo"), ("people", "HR", "notify"), ("shop", "Sales", "echo"))


@pytest.fixture
def divided(tmp_path: Path) -> Path:
    (tmp_path / "bots").mkdir()
    for id, department, skill in BOTS:
        manifest = BOT.format(id=id, department=department, skill=skill)
        (tmp_path / "bots" / f"{id}.toml").write_text(manifest)
    (tmp_path / "departments.toml").write_text(DEPARTMENTS)
    (tmp_path / "apps.toml").write_text('[[app]]\nname = "hr"\ndepartments = ["HR"]\n')
    return tmp_path


def test_a_departments_bots_stand_in_its_own_group_with_its_tags(divided: Path) -> None:
    made = needs(divided)
    bots = {
        bot["id"]: (bot["group"], bot["subscription"], bot["costCenter"]) for bot in made["bots"]
    }
    guid = "12345678-1234-4234-8234-123456789012"

    assert bots == {
        "desk": ("rg-bots-it", "", "CC-1"),
        "people": ("rg-bots-hr", guid, "none"),
        "shop": ("", "", "none"),
    }
    assert [group["name"] for group in made["groups"]] == ["rg-bots-it", "rg-bots-hr"]
    assert [app["department"] for app in made["apps"]] == ["", "HR"]


def test_the_pipeline_makes_a_departments_group_where_it_belongs(
    divided: Path, tmp_path: Path
) -> None:
    (tmp_path / "needs.json").write_text(write(divided))

    made = list(lines(tmp_path / "needs.json", "own", "westeurope"))

    assert made == [
        "own\trg-bots-it\twesteurope\tIT\tCC-1\n",
        "12345678-1234-4234-8234-123456789012\trg-bots-hr\twesteurope\tHR\tnone\n",
    ]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('subscription = "12345678-1234-4234-8234-123456789012"', "write resource_group"),
        ('resource_group = "rg"\nsubscription = "ours"', "subscription"),
        ('resource_group = "ends."', "resource_group"),
    ],
)
def test_a_group_that_cannot_be_is_refused(tmp_path: Path, more: str, told: str) -> None:
    (tmp_path / "departments.toml").write_text(f'[[department]]\nid = "IT"\n{more}\n')

    with pytest.raises(ConfigurationError, match=told):
        load_departments(tmp_path / "departments.toml", {})


def test_every_role_is_given_and_each_says_why() -> None:
    app = (INFRA / "modules" / "app.bicep").read_text()
    given = set(re.findall(r"r\.on == '(\w+)'", app))

    assert given == {role.on for role in ROLES}
    assert all(role.why.endswith(".") for role in ROLES)


def test_the_page_on_settings_names_the_roles() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    words = re.sub(r"Azure Service Bus Data Sender and Receiver", "", page)

    for role in ROLES:
        assert role.name in page or role.on in ("bus", "insights"), role.name
    assert "Azure Service Bus Data Sender and Receiver" in page != words


@pytest.mark.parametrize("bus", ["servicebus", "storagequeue"])
def test_every_setting_that_the_app_reads_is_set_and_no_other(bus: str) -> None:
    example = json.loads((ROOT / "local.settings.example.json").read_bytes())["Values"]
    read_by_the_app = {
        name
        for name in example.keys() - NOT_IN_THE_CLOUD
        if not LEFT_AT_ITS_DEFAULT.fullmatch(name)
    }
    made = {name for name in settings(bus) if "__" not in name}

    assert made - PLATFORM - {"AZURE_CLIENT_ID"} == read_by_the_app


def test_what_hears_and_reads_stands_where_the_apps_do_and_is_shut_with_them() -> None:
    source = read(INFRA / "modules" / "senses.bicep")
    for name in ("speech", "translator", "documents"):
        given = properties(body(source.declared[name]))
        assert text(given["location"]) == "location"
        closed = text(properties(given.get("properties"))["publicNetworkAccess"])
        assert closed == "publicNetworkAccess"
    main = (INFRA / "main.bicep").read_text()
    [made] = re.findall(r"module sensing .*?\n}\n", main, re.DOTALL)
    assert "location: location" in made
    assert "privateNetwork ? 'Disabled' : 'Enabled'" in made


@pytest.mark.parametrize("bus", ["servicebus", "storagequeue"])
def test_the_doctor_finds_nothing_missing_and_misses_what_is(bus: str, tmp_path: Path) -> None:
    environ = {name: _value(name, bus) for name in settings(bus)}

    def named(environ: dict[str, str]) -> set[str]:
        found = examine(Premises(_app(tmp_path), environ, False, 0.0, skills=frozenset({"echo"})))
        return {mistake.where for mistake in found}

    assert named(environ) == set()
    for name in environ.keys() - PLATFORM - MAY_BE_EMPTY:
        without = {key: value for key, value in environ.items() if key != name}
        if name != "FABRIC_ENVIRONMENT":
            assert named(without), name


def _app(folder: Path) -> Path:
    (folder / "bots").mkdir(exist_ok=True)
    (folder / "host.json").write_bytes((ROOT / "host.json").read_bytes())
    (folder / "bots" / "desk.toml").write_text(
        'id = "desk"\nname = "Desk"\nowner = "a@b.example"\ndepartment = "IT"\nskills = ["echo"]\n'
        'default_skill = "echo"\n[channels.whatsapp]\nphone_number_id = "1061"\n'
    )
    return folder


def _value(name: str, bus: str) -> str:
    if name.endswith(("clientId", "CLIENT_ID", "_TENANT")):
        return IDENTITY
    if name.endswith("credential"):
        return "managedidentity"
    known = {
        "FABRIC_ENVIRONMENT": "cloud",
        "FABRIC_STORE_URL": "cosmos://acme.documents.azure.com/fabric",
        "FABRIC_INDEX_URL": "azure-search://acme.search.windows.net/articles",
        "FABRIC_BUS_URL": f"{bus}://acme",
        "FABRIC_EVENTS_URL": "bus://",
        "FABRIC_AI_URL": "azure-openai://acme.openai.azure.com",
        "FABRIC_SPEECH_URL": "azure-speech://acme.cognitiveservices.azure.com",
        "FABRIC_TRANSLATOR_URL": "azure-translator://acme.cognitiveservices.azure.com",
        "FABRIC_DOCUMENTS_URL": "offline://",
        "FABRIC_FUNCTION_MEMORY_MB": "2048",
    }
    return known.get(name, "acme-of-our-own-making")
