"""`FABRIC_STORE_URL` chooses the store."""

from pathlib import Path
from typing import Any

import pytest

from shared import adapters
from shared.errors import ConfigurationError
from shared.fabric import Fabric
from shared.settings import Settings
from shared.skill import Skill
from shared.storage.cosmos.store import CosmosStore

BOT = """
id = "helpdesk"
name = "Helpdesk"
owner = "it@contoso.example"
department = "IT"
skills = ["echo"]
default_skill = "echo"
"""

NO_IDENTITY: Any = None
"""The store has a key."""


def fabric(folder: Path, url: str, environment: str = "local") -> Fabric:
    (folder / "helpdesk.toml").write_text(BOT)
    settings = {
        "FABRIC_ENVIRONMENT": environment,
        "FABRIC_DATA_DIR": str(folder),
        "FABRIC_BOTS_DIR": str(folder),
        "FABRIC_STORE_URL": url,
        "FABRIC_BUS_URL": "sqlite:///bus.db",
        "FABRIC_EVENTS_URL": "bus://",
        "FABRIC_AI_URL": "offline://",
        "FABRIC_WHATSAPP_APP_SECRET": "secret",
        "FABRIC_COSMOS_KEY": "a2V5",
    }
    return Fabric(Settings.from_environ(settings), {"echo": Skill("echo", "Echoes")})


async def test_cosmos_is_https_but_on_loopback_of_a_laptop(tmp_path: Path) -> None:
    def endpoint(url: str, environment: str) -> str:
        settings = fabric(tmp_path, url, environment).settings
        store = adapters.store(settings, lambda: NO_IDENTITY)
        assert isinstance(store, CosmosStore)
        return store.endpoint

    assert endpoint("cosmos://contoso.documents.azure.com/fabric", "cloud") == (
        "https://contoso.documents.azure.com"
    )
    assert endpoint("cosmos://localhost:8081/fabric", "local") == "http://localhost:8081"
    assert endpoint("cosmos://localhost:8081/fabric", "cloud") == "https://localhost:8081"


@pytest.mark.parametrize("url", ["cosmos://contoso.documents.azure.com", "cosmos:///fabric"])
def test_a_cosmos_url_has_a_host_and_a_database(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="write cosmos://<account-host>/<database>"):
        fabric(tmp_path, url)


def test_an_unknown_scheme_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"sqlite:///<path>, cosmos://"):
        fabric(tmp_path, "redis://x/y")
