"""Somebody signs in on Teams between two processes, one of which dies on the way."""

from pathlib import Path
from typing import Any

from shared.dialogue.phrases import phrase
from simulators.teams import TeamsSimulator
from stand_ins.entra.directory import TENANT
from stand_ins.entra.server import EntraServer
from tests.e2e.processes import Folder

APP_ID = "7d1f0f3c-0c5e-4a57-9f0a-5b1f6f2f9a10"
TABLE = f"""
app_id = "{APP_ID}"
tenant_id = "{TENANT}"
client_secret = "s3cret"
connection = "entra"
"""


async def test_who_signs_in_while_nobody_works_is_greeted_by_the_next_process(
    tmp_path: Path,
) -> None:
    async with EntraServer() as entra, TeamsSimulator(app_id=APP_ID, tenant=TENANT) as teams:
        environ = {**entra.settings, **teams.settings, "FABRIC_EMBEDDINGS": "off"}
        folder = Folder(tmp_path, skill="echo", also=(), **environ)
        with (tmp_path / "bots" / "lab.toml").open("a") as manifest:
            manifest.write(TABLE)
        henry = entra.named("henry")
        assert henry
        chat = {"conversation": "a:henry", "user": f"29:{henry.subject.oid}"}
        async with folder:
            _, url = await folder.start("--no-triggers")
            worker, _ = await folder.start("--no-http")
            teams.webhook = f"{url}/api/teams/lab"
            assert (await teams.say("/sign-in", **chat)).acknowledged
            heard = teams.transcript
            await heard.until(lambda: len(heard.said) == 1, seconds=60)
            [card] = heard.said[0].body["attachments"]
            await folder.kill(worker)

            proof: dict[str, Any] = {
                "id": card["content"]["tokenExchangeResource"]["id"],
                "connectionName": card["content"]["connectionName"],
                "token": entra.tokens.client_token("henry"),
            }
            answers = [await teams.invoke("signin/tokenExchange", proof, **chat) for _ in "12"]
            assert [answer.statuses for answer in answers] == [[200], [200]]

            await folder.start("--no-http")
            done = phrase("en", "signin.done", name="Henry Human")
            await heard.until(lambda: done in heard.texts("a:henry"), seconds=60)
            assert entra.tokens.exchanged == 1
