"""How the benches start the product: one echo bot with an app id, in a folder of its own."""

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.connector import APP_ID, TENANT, Connector
from bench.process import BotProcess

_MANIFEST = f"""
id = "echo"
name = "Echo"
owner = "bench@contoso.example"
department = "Bench"
skills = ["echo"]
default_skill = "echo"
[limits]
turns_per_second = 100000
concurrency = 1000
turns_per_minute_per_conversation = 1000000
[channels.teams]
app_id = "{APP_ID}"
tenant_id = "{TENANT}"
client_secret = "bench"
"""


def product(
    folder: Path, connector: Connector, *command: str, name: str = "product", **variables: str
) -> BotProcess:
    """`python -m` the command with the bot in `folder/name`; `POST {url}/api/teams/echo`."""
    home = folder / name
    home.mkdir(parents=True)
    variables |= {
        **environ(home, _MANIFEST),
        "FABRIC_TEAMS_OPENID_URL": f"{connector.url}/openid",
        "FABRIC_TEAMS_TOKEN_URL": f"{connector.url}/{{tenant}}/token",
        "FABRIC_TEAMS_SERVICE_HOSTS": connector.host,
    }
    return BotProcess([sys.executable, "-m", *command], home / "log", variables)


def environ(home: Path, manifest: str) -> dict[str, str]:
    """The variables of a process whose one bot and whose data lie in `home`."""
    (home / "bots").mkdir(exist_ok=True)
    (home / "bots" / "echo.toml").write_text(manifest)
    return {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(home / "data"),
        "FABRIC_BOTS_DIR": str(home / "bots"),
        "FABRIC_KNOWLEDGE_DIR": str(home / "knowledge"),
    }


HOST: Sequence[str] = ("cli", "run", "--port", "0", "--no-reload")
"""The local host with everything it has."""
