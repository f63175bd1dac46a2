"""What the doctor finds by asking: services that are down, a wrong clock, a wrong callback URL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from time import time

import pytest
from aiohttp import web

from shared.fabric import Fabric
from shared.operations.reports.doctor.services import ask
from shared.settings import Settings
from shared.skill import Skill

TOKEN = "of our own & odd?"
BOT = """
id = "desk"
name = "Desk"
owner = "desk@acme.example"
department = "IT"
skills = ["echo"]
default_skill = "echo"
[channels.teams]
[channels.whatsapp]
phone_number_id = "1061"
"""


class Elsewhere:
    """Entra, a vault and the deployed app, on one port; each can be wrong."""

    def __init__(self) -> None:
        self.seconds_ahead = 0.0
        self.bots = {"desk"}
        self.health = '{"status": "ok", "version": "0.1.0"}'
        self.token = TOKEN
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        date = {"Date": formatdate(time() + self.seconds_ahead, usegmt=True)}
        match request.path.strip("/").split("/"):
            case ["api", "health"]:
                return web.Response(text=self.health, headers=date)
            case ["api", "teams", bot]:
                return web.Response(status=401 if bot in self.bots else 404)
            case ["api", "whatsapp"] if request.query["hub.verify_token"] == self.token:
                return web.Response(text=request.query["hub.challenge"])
            case ["api", "whatsapp"]:
                return web.Response(status=403)
        return web.Response(status=404, headers=date)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            await runner.cleanup()


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    there = Elsewhere()
    async with there.serve():
        yield there


@pytest.fixture
async def fabric(elsewhere: Elsewhere, tmp_path: Path) -> AsyncIterator[Fabric]:
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "desk.toml").write_text(BOT)
    environ = {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(tmp_path / "data"),
        "FABRIC_BOTS_DIR": str(tmp_path / "bots"),
        "FABRIC_BACKENDS_FILE": str(tmp_path / "backends.toml"),
        "FABRIC_ACCESS_FILE": str(tmp_path / "access.toml"),
        "FABRIC_TEAMS_OPENID_URL": f"{elsewhere.url}/openid",
        "FABRIC_WHATSAPP_APP_SECRET": "an app secret",
        "FABRIC_WHATSAPP_VERIFY_TOKEN": TOKEN,
        "FABRIC_WHATSAPP_ACCESS_TOKEN": "an access token",
        "FABRIC_WHATSAPP_GRAPH_URL": f"{elsewhere.url}/v24.0",
    }
    fabric = Fabric(Settings.from_environ(environ), {"echo": Skill("echo", "Says it again")})
    yield fabric
    await fabric.close()


async def names(fabric: Fabric, url: str) -> set[str]:
    found = await ask(fabric, url)
    assert all(mistake.fix for mistake in found)
    return {mistake.name for mistake in found if not mistake.name.startswith("service-")}


async def test_nothing_is_wrong(fabric: Fabric, elsewhere: Elsewhere) -> None:
    assert await names(fabric, f"{elsewhere.url}/") == set()


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
async def test_a_clock_that_is_out_is_named(
    fabric: Fabric, elsewhere: Elsewhere, seconds: float
) -> None:
    elsewhere.seconds_ahead = seconds

    assert await names(fabric, "") == {"clock"}


@pytest.mark.parametrize(
    "health", ["<html>another site</html>", '{"status": "ok"}', '["ok"]', "null"]
)
async def test_a_url_of_something_else_is_named(
    fabric: Fabric, elsewhere: Elsewhere, health: str
) -> None:
    elsewhere.health = health

    assert await names(fabric, elsewhere.url) == {"callback"}


async def test_an_app_that_is_not_well_is_named(fabric: Fabric, elsewhere: Elsewhere) -> None:
    elsewhere.health = '{"status": "degraded", "version": "0.1.0"}'

    assert await names(fabric, elsewhere.url) == {"callback-health"}


async def test_a_vault_without_an_answer_is_named(fabric: Fabric) -> None:
    fabric.settings.environ["FABRIC_AI_KEY"] = "keyvault://127.0.0.1:1/ai-key"  # type: ignore[index]

    assert await names(fabric, "") == {"vault"}


async def test_a_url_without_an_answer_is_named(fabric: Fabric) -> None:
    assert await names(fabric, "http://127.0.0.1:1") == {"callback"}


async def test_a_bot_that_is_not_deployed_is_named(fabric: Fabric, elsewhere: Elsewhere) -> None:
    elsewhere.bots = set()

    assert await names(fabric, elsewhere.url) == {"callback-teams"}


async def test_another_verify_token_is_named(fabric: Fabric, elsewhere: Elsewhere) -> None:
    elsewhere.token = "another"

    assert await names(fabric, elsewhere.url) == {"callback-whatsapp"}


async def test_a_store_that_is_down_is_named(fabric: Fabric, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")

    found = {mistake.name for mistake in await ask(fabric)}

    assert "service-store" in found
