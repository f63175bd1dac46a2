"""A fact leaves one real process for Event Grid and comes back by its webhook."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from stand_ins.eventgrid.server import KEY
from tests.e2e.processes import ROOT, Connector, Folder
from tests.ports import free_port


async def test_a_ticket_is_told_of_through_event_grid(tmp_path: Path) -> None:
    port = free_port()
    grid = {
        "FABRIC_EVENTS_URL": f"eventgrid://127.0.0.1:{port}/api/events",
        "FABRIC_EVENTS_KEY": KEY,
    }
    async with (
        Connector() as connector,
        Folder(tmp_path, skill="tickets", also=("notify",), **grid) as folder,
    ):
        _, url = await folder.start()
        webhook = f"{url}/runtime/webhooks/EventGrid?functionName=events_grid"
        topic = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "stand_ins.eventgrid"),
            *("--port", str(port), "--deliver", webhook),
            cwd=ROOT,
            stdout=PIPE,
        )
        try:
            assert topic.stdout is not None
            async with asyncio.timeout(30):
                ready = (await topic.stdout.readline()).decode()
            assert ready == f"ready http://127.0.0.1:{port}/api/events\n"
            said = ["Please report a broken printer", "high", "yes"]
            for heard, text in zip((0, 2, 3), said, strict=True):
                await connector.until(heard)
                assert await folder.say(url, connector.url, text, conversation="a", id=text) == 202
            await connector.until(5)
        finally:
            topic.terminate()
            await topic.wait()
    told, news = connector.sent["a"][-2:]
    number = told.split("**")[1]
    assert told.startswith("Filed as **T-")
    assert news == f"I will keep you posted here about {number}."
