"""An operator's night on a real host: a reply dies, is sent again, and all of it is on record."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

from aiohttp import web

from shared.settings import Settings
from stand_ins.entra.tokens import Subject
from tests.e2e.processes import ROOT, Connector, Folder
from tests.operators import bearer


class Gone(Connector):
    """Says that it knows no such conversation, until it is mended."""

    mended = False

    async def _receive(self, request: web.Request) -> web.Response:
        if self.mended or (await request.json())["type"] != "message":
            return await super()._receive(request)
        return web.json_response({"error": {"code": "ConversationNotFound"}}, status=404)


async def command(folder: Folder, *words: str) -> Any:
    """What a command prints as JSON."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", *words, "--json"),
        cwd=ROOT,
        env=folder.environ,
        stdout=PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(out)


async def test_an_operator_finds_mends_and_leaves_a_trace(tmp_path: Path) -> None:
    async with (
        Gone() as connector,
        Folder(
            tmp_path, FABRIC_TEAMS_SERVICE_HOSTS=connector.url.removeprefix("http://")
        ) as folder,
    ):
        _, url = await folder.start("--no-reload")

        async def ask(method: str, path: str, body: Any = None) -> Any:
            headers = bearer(Settings.from_environ(folder.environ))
            async with folder.session.request(
                method, f"{url}/api/{path}", json=body, headers=headers
            ) as response:
                assert response.status == 200, await response.text()
                return await response.json()

        await folder.say(url, connector.url, "hello", conversation="a:1", id="1")
        async with asyncio.timeout(30):
            while True:
                found = await ask("GET", "dead-letters")
                if found["total"]:
                    break
                await asyncio.sleep(0.05)
        [letter] = found["dead_letters"]
        assert letter["bot"] == "lab"
        explained = await ask("GET", f"dead-letters/{letter['id']}")
        assert explained["last_error"]["error"].startswith(letter["reason"])
        assert "hello" not in json.dumps(explained)

        connector.mended = True
        moved = await ask("POST", "dead-letters/redrive", {"ids": [letter["id"]]})
        assert moved == {"done": [letter["id"]], "failed": {}, "left": 0}
        await connector.until(1)
        assert connector.sent["a:1"] == ["echo: hello"]

        await ask("POST", "stop", {"bot": "lab"})
        assert [one["name"] for one in (await ask("GET", "stopped"))["stopped"]] == ["lab"]
        assert await command(folder, "start", "lab") == []

        deeds = await command(folder, "audit", "list")
        assert [(deed["action"], deed["via"], deed["outcome"]) for deed in deeds] == [
            ("redrive", "http", "done"),
            ("stop", "http", "done"),
            ("start", "cli", "done"),
        ]
        assert {deed["who"] for deed in deeds[:2]} == {Subject("ann").oid}
        assert await command(folder, "dlq", "broker") == []
