"""`botfabric stand-ins`, and a conversation of the app on all of them."""

import asyncio
import json
import os
import shlex
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from stand_ins.registry import SERVICES
from tests.azure import ROOT, START_SECONDS
from tests.e2e.test_same_transcript import transcript

LAST_LINE = "# ready:"


@asynccontextmanager
async def stand_ins(*flags: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command; interrupted at the end, as by Ctrl-C, it has to end well."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "stand-ins", *flags), cwd=ROOT, stdout=PIPE
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(START_SECONDS):
            assert await process.wait() == 0


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        return (await process.stdout.readline()).decode().rstrip("\n")


@asynccontextmanager
async def running() -> AsyncIterator[Mapping[str, Any]]:
    async with stand_ins("--json") as process:
        yield json.loads(await line(process))


async def until_closed(address: str) -> None:
    host, _, port = address.removeprefix("http://").partition("/")[0].rpartition(":")
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, int(port))
            except ConnectionRefusedError:
                return
            writer.close()


async def test_a_conversation_on_them_is_the_same_as_without(tmp_path: Path) -> None:
    embedded = await transcript(tmp_path / "embedded", {"PORT": "0"})

    async with running() as said:
        settings = {**said["settings"], "PORT": "0"}
        assert await transcript(tmp_path / "stand-ins", settings) == embedded


async def test_ctrl_c_stops_every_one() -> None:
    async with running() as said:
        addresses = list(said["running"].values())
        assert len(addresses) + len(said["left_out"]) == len(SERVICES)

    await asyncio.gather(*map(until_closed, addresses))


async def test_what_it_prints_is_taken_by_a_shell() -> None:
    async with stand_ins() as process:
        lines = [await line(process)]
        while not lines[-1].startswith(LAST_LINE):
            lines.append(await line(process))
        asked = 'printf "%s\\n" "$FABRIC_BUS_URL" "$ServiceBusConnection"'
        shell = await asyncio.create_subprocess_exec(
            *("sh", "-c", "\n".join([*lines, asked])),
            env={"PATH": os.environ["PATH"]},
            stdout=PIPE,
        )
        heard, _ = await shell.communicate()

    given = dict(
        word.split("=", 1)
        for each in lines
        if each.startswith("export ")
        for word in shlex.split(each)[1:]
    )
    expected = [given["FABRIC_BUS_URL"], given["ServiceBusConnection"]]
    assert heard.decode().splitlines() == expected
