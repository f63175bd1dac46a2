"""The fabric's one credential, and what it opens."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.event import Event
from shared.fabric import Fabric
from shared.settings import Settings
from stand_ins.eventgrid.server import EventGridServer
from tests.contract.channels.stub import Answer, StubService

IDENTITY = "33333333-3333-4333-8333-333333333333"
BOT = """
id = "desk"
name = "Desk"
owner = "desk@contoso.example"
department = "IT"
skills = ["echo"]
default_skill = "echo"
[channels.web]
"""


def fabric(folder: Path, **environ: str) -> Fabric:
    """A local fabric of one bot, of whose skill nothing is known."""
    (folder / "desk.toml").write_text(BOT)
    given = {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(folder),
        "FABRIC_BOTS_DIR": str(folder),
        **environ,
    }
    return Fabric(Settings.from_environ(given), {"echo": None})  # type: ignore[dict-item]


async def test_without_a_key_the_topic_is_opened_by_the_apps_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """azure-identity's whole chain, with the endpoint that App Service gives a process."""
    token = {
        "access_token": "of-the-app",
        "expires_on": "4000000000",
        "resource": "https://eventgrid.azure.net",
    }

    async def nowhere(_: object) -> None: ...

    async with (
        StubService(Answer(200, token)) as endpoint,
        EventGridServer(nowhere, token="of-the-app") as server,
    ):
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{endpoint.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-1")
        own = fabric(
            tmp_path,
            AZURE_CLIENT_ID=IDENTITY,
            FABRIC_EVENTS_URL=server.url.replace("http:", "eventgrid:"),
        )

        await own.topic.publish(Event(id="f1", type="a"))
        await own.topic.publish(Event(id="f2", type="a"))
        await own.close()

        [call] = endpoint.calls
        assert [event["id"] for event in server.published] == ["f1", "f2"]
    assert f"client_id={IDENTITY}" in call.path
    assert "resource=https://eventgrid.azure.net&" in call.path


@pytest.mark.parametrize("url", ["eventgrid://", "eventgrid://contoso.example", "grid://x/y"])
def test_a_wrong_address_of_the_topic_names_the_setting(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"FABRIC_EVENTS_URL .*eventgrid://"):
        fabric(tmp_path, FABRIC_EVENTS_URL=url)
