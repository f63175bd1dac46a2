"""A real host whose only bot repeats what it hears, pointed at a simulator."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
NUMBER = "100000000000042"
BOT = f"""
id = "parrot"
name = "Parrot"
owner = "tests@contoso.example"
department = "Tests"
skills = ["echo"]
default_skill = "echo"
[channels.teams]
[channels.whatsapp]
phone_number_id = "{NUMBER}"
"""


@asynccontextmanager
async def host(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[str]:
    """Its URL, from when it is ready until it has stopped."""
    bots = folder / "bots"
    bots.mkdir()
    (bots / "parrot.toml").write_text(BOT)
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FABRIC_")},
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(folder / "data"),
        "FABRIC_BOTS_DIR": str(bots),
        **settings,
    }
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli", "run", "--port", "0", "--no-reload"),
            cwd=ROOT,
            env=environ,
            stdout=PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            words = (await process.stdout.readline()).decode().split()
        assert words[:1] == ["ready"], (folder / "log").read_text()[-2000:]
        yield words[1]
    finally:
        process.terminate()
        await process.wait()
