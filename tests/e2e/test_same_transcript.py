"""One conversation, the same words, on whatever the platform stands on."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests import azure, services
from tests.e2e.processes import Connector
from tests.ports import free_port

CONVERSATION = "a:one"
SCRIPT = [
    ("how do I reset my password?", 1),
    ("my laptop screen is flickering", 2),
    ("urgent", 1),
    ("yes", 2),
    ("/resolve {ticket} replaced the screen", 2),
    ("what is the status of my tickets", 1),
]
"""What is said, and how many replies it gets, those of facts that it caused included.

A question with an article for an answer, a form, a ticket, two events, and two messages that
nobody waited for.
"""


@asynccontextmanager
async def host(
    folder: Path, environ: azure.Environ, *options: str, app: Path = azure.ROOT
) -> AsyncIterator[str]:
    """The local host with the sample bots, on a folder that need not exist; its URL.

    `app` is the folder that it runs: this checkout, or a packed one.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FABRIC_")}
    settings = {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(folder),
        "FABRIC_EMBEDDINGS": "off",  # else what is found depends on when the encoder is loaded
    }
    errors = folder.with_suffix(f".{app.name}.log")
    with errors.open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli", "run", "--no-reload", *options),
            cwd=app,
            env={**clean, **settings, **environ},
            stdout=PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            words = (await process.stdout.readline()).decode().split()
        assert words[:1] == ["ready"], errors.read_text()[-2000:]
        yield words[1] if len(words) > 1 else ""
    finally:
        process.terminate()
        await process.wait()


async def converse(url: str) -> list[str]:
    """Go through the script as a person in Teams; the replies in order."""
    async with Connector() as connector, ClientSession() as session:
        heard = connector.sent[CONVERSATION]
        expected = 0
        for number, (text, replies) in enumerate(SCRIPT):
            ticket = re.search(r"T-[A-Z2-7]+", " ".join(heard))
            activity = {
                "type": "message",
                "id": f"m{number}",
                "text": text.format(ticket=ticket[0] if ticket else ""),
                "channelId": "msteams",
                "serviceUrl": connector.url,
                "from": {"id": "29:ann"},
                "recipient": {"id": "28:helpdesk"},
                "conversation": {"id": CONVERSATION},
            }
            async with session.post(f"{url}/api/teams/helpdesk", json=activity) as answer:
                assert answer.status == 202
            expected += replies
            await connector.until(expected)
            assert len(heard) == expected
        return heard


async def transcript(folder: Path, environ: azure.Environ) -> list[str]:
    async with host(folder, environ) as url:
        return await converse(url)


async def test_the_script_says_what_it_should(tmp_path: Path) -> None:
    said = "\n".join(await transcript(tmp_path / "embedded", {"PORT": "0"}))

    for part in ("password.contoso.example", "Filed as", "keep you posted", "is resolved: repl"):
        assert part in said


@pytest.fixture
async def on_azure(tmp_path: Path) -> AsyncIterator[azure.Environ]:
    """Service Bus, Cosmos DB, Event Grid and OpenAI, each a stand-in on this machine."""
    port = free_port()
    deliver = f"http://127.0.0.1:{port}/runtime/webhooks/EventGrid?functionName=events_grid"
    async with AsyncExitStack() as stack:
        parts = [
            await stack.enter_async_context(part)
            for part in (
                azure.service_bus(tmp_path),
                azure.cosmos(),
                azure.openai(),
                azure.event_grid(deliver),
            )
        ]
        environ = {name: value for part in parts for name, value in part.items()}
        yield {**environ, "PORT": str(port)}


async def test_the_transcript_is_the_same_on_azures_services(
    on_azure: azure.Environ, tmp_path: Path
) -> None:
    embedded = await transcript(tmp_path / "embedded", {"PORT": "0"})
    assert await transcript(tmp_path / "azure", on_azure) == embedded


if services.HAS_AZURITE:

    async def test_the_transcript_is_the_same_on_storage_queues(tmp_path: Path) -> None:
        embedded = await transcript(tmp_path / "embedded", {"PORT": "0"})
        async with azure.storage_queue() as environ:
            assert await transcript(tmp_path / "queues", {**environ, "PORT": "0"}) == embedded
