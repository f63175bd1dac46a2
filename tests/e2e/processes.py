"""Local hosts as real processes on one data folder, and the services they talk to."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from pathlib import Path
from typing import Any, Self

from aiohttp import ClientSession, web

ROOT = Path(__file__).parents[2]
BOT = """
id = "{id}"
name = "{id}"
owner = "tests@contoso.example"
department = "Tests"
skills = [{skills}]
default_skill = "{skill}"
[channels.teams]
"""


class Connector:
    """Stands in for the Bot Connector: remembers each text sent, by conversation."""

    def __init__(self) -> None:
        self.sent: dict[str, list[str]] = defaultdict(list)
        self.news = asyncio.Condition()
        self.url = ""
        self.down = False
        self.refused = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        route = "/v3/conversations/{conversation}/activities"
        app.router.add_post(route, self._receive)
        app.router.add_post(route + "/{activity}", self._receive)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        if self.down:
            self.refused += 1
            async with self.news:
                self.news.notify_all()
            return web.json_response({}, status=503, headers={"Retry-After": "1"})
        activity = await request.json()
        if activity["type"] == "message":
            self.sent[request.match_info["conversation"]].append(activity["text"])
            async with self.news:
                self.news.notify_all()
        return web.json_response({"id": "1"}, status=201)

    async def until(self, count: int, seconds: float = 60) -> None:
        """Wait until `count` messages have been sent in all."""
        async with asyncio.timeout(seconds), self.news:
            await self.news.wait_for(lambda: sum(map(len, self.sent.values())) >= count)

    async def until_refused(self, seconds: float = 30) -> None:
        """Wait until something was sent while it is down."""
        async with asyncio.timeout(seconds), self.news:
            await self.news.wait_for(lambda: self.refused > 0)


class Folder:
    """A data folder and the processes on it."""

    def __init__(
        self, path: Path, *, skill: str = "echo", also: tuple[str, ...] = (), **environ: str
    ) -> None:
        self._path = path
        bots = path / "bots"
        bots.mkdir()
        skills = ", ".join(f'"{name}"' for name in (skill, *also))
        (bots / "lab.toml").write_text(BOT.format(id="lab", skill=skill, skills=skills))
        self.environ = {
            **{name: v for name, v in os.environ.items() if not name.startswith("FABRIC_")},
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_DATA_DIR": str(path / "data"),
            "FABRIC_BOTS_DIR": str(bots),
            **environ,
        }
        self._processes: list[Process] = []
        self.session: ClientSession

    async def __aenter__(self) -> Self:
        self.session = ClientSession()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.session.close()
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def start(self, *options: str, app: Path = ROOT) -> tuple[Process, str]:
        """A host with these options; returns when it is ready, with its URL.

        `app` is the folder that it runs: this checkout, or a packed one.
        """
        with (self._path / f"log-{len(self._processes)}").open("w") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "cli", "run", "--port", "0", *options),
                cwd=app,
                env=self.environ,
                stdout=PIPE,
                stderr=log,
            )
        self._processes.append(process)
        assert process.stdout is not None
        async with asyncio.timeout(30):
            words = (await process.stdout.readline()).decode().split()
        assert words[:1] == ["ready"], words
        return process, words[1] if len(words) > 1 else ""

    async def kill(self, process: Process) -> None:
        """SIGKILL, as a crash: nothing is flushed, nothing is given back."""
        process.send_signal(signal.SIGKILL)
        await process.wait()

    async def books(self) -> dict[str, int]:
        import json

        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli", "books", "--json"),
            cwd=ROOT,
            env=self.environ,
            stdout=PIPE,
        )
        out, _ = await process.communicate()
        count: dict[str, int] = json.loads(out)
        return count

    async def say(self, url: str, service: str, text: str, *, conversation: str, id: str) -> int:
        """A Teams message; returns the status of the acknowledgement."""
        activity: dict[str, Any] = {
            "type": "message",
            "id": id,
            "text": text,
            "channelId": "msteams",
            "serviceUrl": service,
            "from": {"id": "29:ann"},
            "recipient": {"id": "28:lab"},
            "conversation": {"id": conversation},
        }
        async with self.session.post(f"{url}/api/teams/lab", json=activity) as response:
            return response.status
