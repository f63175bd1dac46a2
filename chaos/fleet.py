"""The processes of a drill: one that serves HTTP, and workers, all on one store and bus."""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from chaos.grounds import Grounds
from chaos.scenario import BOT
from chaos.stage import UNORDERED
from shared.activity import ConversationReference

ROOT = Path(__file__).parents[1]
DOOR = "door"
MODEL_URL = "DRILL_MODEL_URL"

_MANIFEST = """
id = "{bot}"
name = "Drill"
owner = "drill@contoso.example"
department = "Drill"
skills = ["front", "clerk", "teller"]
default_skill = "front"
[limits]
turns_per_second = 1000
[channels.teams]
"""


class Fleet:
    """Entered with `async with`; on leaving, every process of it has ended."""

    def __init__(
        self, folder: Path, services: str, workers: int, grounds: Grounds, defect: str = ""
    ) -> None:
        self._folder = folder
        self._grounds = grounds
        self._defect = defect
        self.names = [DOOR, *(f"worker-{n}" for n in range(workers))]
        self.url = ""
        self.kills = 0
        self.door_kills = 0
        self._pids: dict[str, int] = {}
        self._asking = asyncio.Lock()
        bots = folder / "bots"
        bots.mkdir()
        (bots / f"{BOT}.toml").write_text(_MANIFEST.format(bot=BOT))
        self._environ = {
            **{name: v for name, v in os.environ.items() if not name.startswith("FABRIC_")},
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_DATA_DIR": str(folder / "data"),
            "FABRIC_BOTS_DIR": str(bots),
            **grounds.environ,
            MODEL_URL: f"{services}/model",
        }

    async def __aenter__(self) -> Self:
        with (self._folder / "log").open("wb") as log:
            self._app = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "chaos.app", self._defect),
                cwd=ROOT,
                env=self._environ,
                stdin=PIPE,
                stdout=PIPE,
                stderr=log,
            )
        for name in self.names:
            await self._start(name)
        return self

    async def __aexit__(self, *error: object) -> None:
        for pid in self._pids.values():
            _kill(pid)
        assert self._app.stdin is not None  # noqa: S101 -- it has a pipe
        self._app.stdin.close()
        await self._app.wait()

    async def replace(self, name: str) -> None:
        """SIGKILL it, as a crash: nothing is flushed or given back. Another takes its place."""
        _kill(self._pids[name])
        self.kills += 1
        self.door_kills += name == DOOR
        await self._start(name)

    async def books(self) -> dict[str, int]:
        count: dict[str, int] = await self._ask("books")
        return count

    def fallible(self, name: str) -> bool:
        """Whether the `store` or the `bus` can be taken down."""
        return name in self._grounds.outages or self._grounds.embedded(name)

    async def take_down(self, name: str, seconds: float) -> None:
        """The `store` or the `bus` for so long; nobody can write to the file of an embedded one."""
        if name in self._grounds.outages:
            await self._grounds.outages[name](seconds)
            return
        path = self._folder / "data" / f"{name}.db"
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(seconds)
            connection.execute("ROLLBACK")

    def unordered(self, conversations: Collection[str]) -> set[str]:
        """Those whose order the product says, in its log, that it could not keep."""
        keys = {
            ConversationReference(BOT, "teams", c, account=f"28:{BOT}").key: c
            for c in conversations
        }
        found = set()
        with (self._folder / "log").open() as log:
            for line in log:
                if UNORDERED in line:
                    found.add(keys[json.loads(line)["conversation"]])
        return found

    async def _start(self, name: str) -> None:
        answer = await self._ask("door" if name == DOOR else "worker")
        self._pids[name] = answer["pid"]
        self.url = answer["url"] or self.url

    async def _ask(self, command: str) -> Any:
        async with self._asking, asyncio.timeout(60):
            assert self._app.stdin is not None  # noqa: S101 -- both are pipes
            assert self._app.stdout is not None  # noqa: S101
            self._app.stdin.write(f"{command}\n".encode())
            return json.loads(await self._app.stdout.readline())


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
