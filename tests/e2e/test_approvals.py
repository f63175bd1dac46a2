"""A deed waits for a second person on a real host, outlives it, and is done once."""

import asyncio
import json
import shutil
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

from shared.governance.roles import Role
from shared.settings import Settings
from tests.e2e.processes import ROOT, Connector, Folder
from tests.operators import bearer

SKILL = '''
"""Pays what a second person has approved."""

from functions.triggers import skill_blueprint
from shared.skill import Skill
from shared.turn import Turn

skill = Skill("treasury", "Pays")


@skill.on_message
async def pay(turn: Turn) -> None:
    await turn.approval("pay", euros=int(turn.text))
    turn.reply(f"paid {turn.text}")


bp = skill_blueprint(skill)
'''


def app_with_a_treasury(folder: Path) -> Path:
    """This checkout with one skill more."""
    app = folder / "app"
    app.mkdir()
    for name in ("cli", "functions"):
        shutil.copytree(ROOT / name, app / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("shared", "stand_ins", "simulators", "function_app.py", "host.json"):
        (app / name).symlink_to(ROOT / name)
    (app / "functions" / "skills" / "treasury.py").write_text(SKILL)
    return app


async def typed(folder: Folder, app: Path, *words: str) -> str:
    """What a command prints, typed where the app is."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", *words), cwd=app, env=folder.environ, stdout=PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def test_a_deed_outlives_the_host_and_is_done_once(tmp_path: Path) -> None:
    app = app_with_a_treasury(tmp_path)
    async with (
        Connector() as connector,
        Folder(
            tmp_path,
            skill="treasury",
            FABRIC_TEAMS_SERVICE_HOSTS=connector.url.removeprefix("http://"),
        ) as folder,
    ):
        process, url = await folder.start("--no-reload", app=app)
        settings = Settings.from_environ(folder.environ)

        async def ask(
            method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
        ) -> tuple[int, Any]:
            given = bearer(settings, Role.OWNER, "Tests") if headers is None else headers
            async with folder.session.request(
                method, f"{url}/api/ops/approvals{path}", json=body, headers=given
            ) as response:
                return response.status, await response.json()

        async def kept(books: str) -> dict[str, int]:
            async with folder.session.get(books, headers=bearer(settings)) as response:
                counts: dict[str, int] = await response.json()
                return counts

        await folder.say(url, connector.url, "500", conversation="a:1", id="1")
        await connector.until(1)
        [told] = connector.sent["a:1"]
        assert told.startswith("This has to be approved by a second person: pay\n")

        status, [waits] = await ask("GET", "")
        assert (status, waits["deed"], waits["arguments"]) == (200, "pay", {"euros": 500})
        approve = f"/{waits['id']}/approve"
        for role, place, expected in (
            (Role.AUDITOR, "Tests", 403),
            (Role.OPERATOR, "Tests", 403),
            (Role.OWNER, "Sales", 404),
        ):
            assert (await ask("POST", approve, {}, bearer(settings, role, place)))[0] == expected
        assert (await ask("POST", approve, {}, {}))[0] == 401
        assert (await ask("POST", approve, {"euros": 1}))[0] == 400
        assert (await ask("GET", "", headers=bearer(settings, Role.OWNER, "Sales"))) == (200, [])

        await folder.kill(process)
        await folder.start("--no-http", app=app)
        _, url = await folder.start("--no-reload", app=app)
        answers = await asyncio.gather(*(ask("POST", approve, {}) for _ in range(4)))
        await connector.until(2)

        assert sorted(status for status, _ in answers) == [200, 409, 409, 409]
        assert connector.sent["a:1"][1:] == ["paid 500"]
        _, [decided] = await ask("GET", "?all=true")
        assert decided["state"] == "approved"
        assert (await ask("POST", approve, {}))[0] == 409

        await folder.say(url, connector.url, "600", conversation="a:1", id="2")
        await connector.until(3)
        [waits] = json.loads(await typed(folder, app, "approvals", "--json"))
        said = await typed(
            folder, app, "approvals", "approve", waits["id"], "--reason", "as agreed"
        )
        assert said == f"{waits['id']}: approved; the host has pay done\n"
        await connector.until(4)
        assert connector.sent["a:1"][3:] == ["paid 600"]
        async with asyncio.timeout(30):  # an answer arrives a moment before the outbox forgets it
            while (books := await kept(f"{url}/api/ops/books"))["pending"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (books["accepted"], books["pending"], books["dead"]) == (2, 0, 0)
