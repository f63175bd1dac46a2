"""What is set wrong stops the start, in one line that names the setting and what to write."""

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from shared.errors import ConfigurationError
from shared.fabric import Fabric
from shared.settings import Settings
from shared.skill import Skill

BOT = """
id = "lab"
name = "Lab"
owner = "lab@contoso.example"
department = "Research"
skills = ["echo"]
default_skill = "echo"
"""
TEAMS = """
[channels.teams]
app_id = "00000000-0000-0000-0000-000000000001"
tenant_id = "00000000-0000-0000-0000-000000000002"
certificate_path = "absent.pem"
"""


def start(folder: Path, more: str = "", **environ: str) -> Fabric:
    (folder / "lab.toml").write_text(BOT + more)
    local = {"FABRIC_ENVIRONMENT": "local", "FABRIC_BOTS_DIR": str(folder)}
    return Fabric(Settings.from_environ(local | environ), {"echo": Skill("echo", "Echoes")})


@pytest.mark.parametrize(
    ("setting", "value", "instead"),
    [
        ("FABRIC_STORE_URL", "mongo://x/y", "cosmos://<account-host>/<database>"),
        ("FABRIC_STORE_URL", "cosmos://localhost:8081", "cosmos://<account-host>/<database>"),
        ("FABRIC_STORE_URL", "cosmos:///fabric", "cosmos://<account-host>/<database>"),
        ("FABRIC_STORE_URL", "cosmos://localhost:port/fabric", "cosmos://<account-host>"),
        ("FABRIC_BUS_URL", "amqp://x", "servicebus://<namespace-host>"),
        ("FABRIC_BUS_URL", "servicebus://", "servicebus://<namespace-host>"),
        ("FABRIC_BUS_URL", "servicebus://[::1", "servicebus://<namespace-host>"),
        ("FABRIC_EVENTS_URL", "kafka://x", "eventgrid://<topic-host>/api/events"),
        ("FABRIC_EVENTS_URL", "eventgrid://x", "eventgrid://<topic-host>/api/events"),
        ("FABRIC_AI_URL", "anthropic://x", "azure-openai://<resource-host>"),
        ("FABRIC_AI_URL", "openai://127.0.0.1:99999", "openai://<host>"),
        ("FABRIC_WHATSAPP_APP_SECRET", "one,keyvault://", "vault.azure.net/<secret>"),
        ("FABRIC_AI_KEY", "keyvault://elsewhere.example/key", "vault.azure.net/<secret>"),
        ("FABRIC_COSMOS_KEY", "@Microsoft.KeyVault(SecretUri=x)", "keyVaultReferenceIdentity"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_write(
    tmp_path: Path, setting: str, value: str, instead: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        start(tmp_path, **{setting: value})

    assert setting in str(error.value)
    assert instead in str(error.value)
    assert "\n" not in str(error.value)


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"certificate_path: there is no file absent\.pem"):
        start(tmp_path, TEAMS)


def test_a_connection_string_names_the_namespace_by_itself(tmp_path: Path) -> None:
    whole = "Endpoint=sb://contoso.example/;SharedAccessKeyName=app;SharedAccessKey=made-up"
    fabric = start(tmp_path, FABRIC_BUS_URL="servicebus://", ServiceBusConnection=whole)
    assert fabric.bus.max_deliveries == 10


def test_no_secret_is_in_what_settings_print() -> None:
    """Every field whose name says that it is one."""
    secret = re.compile("(secrets?|token|key|connection)$")
    names = [one.name for one in fields(Settings) if secret.search(one.name)]
    assert len(names) >= 8
    canaries: dict[str, Any] = {n: ("canary",) if n.endswith("s") else "canary" for n in names}
    shown = repr(replace(Settings.from_environ({"FABRIC_ENVIRONMENT": "local"}), **canaries))
    assert "canary" not in shown


def test_the_cloud_is_refused_without_the_secret_of_the_meta_app(tmp_path: Path) -> None:
    environ = {
        "FABRIC_STORE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "FABRIC_BUS_URL": f"sqlite:///{tmp_path / 'bus.db'}",
        "FABRIC_EVENTS_URL": "bus://",
        "FABRIC_AI_URL": "offline://",
        "FABRIC_BOTS_DIR": str(tmp_path),
    }
    (tmp_path / "lab.toml").write_text(BOT)
    skills = {"echo": Skill("echo", "Echoes")}
    with pytest.raises(ConfigurationError, match="FABRIC_WHATSAPP_APP_SECRET is not set"):
        Fabric(Settings.from_environ(environ), skills)
    named = environ | {"FABRIC_WHATSAPP_APP_SECRET": "s" * 32}
    assert Fabric(Settings.from_environ(named), skills)
