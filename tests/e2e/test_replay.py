"""Unchanged code answers what was said to it as it did: a hundred turns, and no difference."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from functools import partial
from pathlib import Path

from aiohttp import ClientSession

from tests.azure import ROOT
from tests.e2e.processes import Connector
from tests.e2e.test_same_transcript import host

SCRIPT = [
    ("how do I reset my password?", 1),
    ("my laptop screen is flickering", 2),
    ("urgent", 1),
    ("yes", 2),
    ("what is the status of my tickets", 1),
    ("how do I connect to the VPN?", 1),
]
"""What is said, and how many replies it gets; a fact reaches the person by another skill."""

CONVERSATIONS = 17


async def hold(url: str, connector: Connector, session: ClientSession, number: int) -> None:
    conversation = f"a:{number}"
    expected = 0
    for line, (text, replies) in enumerate(SCRIPT):
        activity = {
            "type": "message",
            "id": f"m{line}",
            "text": text,
            "channelId": "msteams",
            "serviceUrl": connector.url,
            "from": {"id": f"29:person-{number}"},
            "recipient": {"id": "28:helpdesk"},
            "conversation": {"id": conversation},
        }
        async with session.post(f"{url}/api/teams/helpdesk", json=activity) as answer:
            assert answer.status == 202
        expected += replies
        async with asyncio.timeout(120), connector.news:
            await connector.news.wait_for(partial(has_sent, connector, conversation, expected))


def has_sent(connector: Connector, conversation: str, count: int) -> bool:
    return len(connector.sent[conversation]) >= count


async def test_a_hundred_turns_do_not_differ(tmp_path: Path) -> None:
    async with (
        host(tmp_path / "data", {"PORT": "0"}) as url,
        Connector() as connector,
        ClientSession() as session,
    ):
        every = range(CONVERSATIONS)
        await asyncio.gather(*(hold(url, connector, session, number) for number in every))

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "replay", "--last", "1000", "--json"),
        cwd=ROOT,
        env={
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_EMBEDDINGS": "off",
            "FABRIC_DATA_DIR": str(tmp_path / "data"),
            "PATH": "/usr/bin",
        },
        stdout=PIPE,
        stderr=PIPE,
    )
    answered, errors = await process.communicate()

    assert (process.returncode, errors) == (0, b""), answered.decode()[-2000:]
    said = json.loads(answered)
    assert said == {"turns": CONVERSATIONS * len(SCRIPT), "differences": []}
