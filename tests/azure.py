"""Azure's services for one run of the app: stand-ins on free ports, and the settings for them."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from stand_ins.azurite.server import AzuriteServer
from tests.golden import golden

ROOT = Path(__file__).parents[1]
START_SECONDS = 30

Environ = Mapping[str, str]


@asynccontextmanager
async def program(*command: object, log: Path | None = None) -> AsyncIterator[str]:
    """A server that says `ready ADDRESS` when it listens; terminated at the end."""
    with (log or Path(os.devnull)).open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *map(str, command), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=stderr
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            word, address = (await process.stdout.readline()).decode().split()
        assert word == "ready", f"{command} did not start"
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def queues() -> Sequence[tuple[str, bool]]:
    """Every queue that the app is triggered by, and whether its messages have sessions."""
    triggers = (binding for one in golden().values() for binding in one)
    return [
        (trigger["queueName"], trigger.get("isSessionsEnabled", False))
        for trigger in triggers
        if trigger["type"] == "serviceBusTrigger"
    ]


@asynccontextmanager
async def service_bus(folder: Path, *options: object) -> AsyncIterator[Environ]:
    """The queues of the app."""
    config = folder / "entities.json"
    made = [
        {
            "name": name,
            "requiresSession": sessions,
            "lockDurationSeconds": 10,
            "maxDeliveryCount": 10,
            "duplicateDetectionSeconds": 600,
        }
        for name, sessions in queues()
    ]
    config.write_text(json.dumps({"queues": made}))
    command = (sys.executable, "-m", "stand_ins.servicebus", "--config", config, *options)
    async with program(*command) as address:
        port = address.rpartition(":")[2]
        key = "SharedAccessKeyName=tests;SharedAccessKey=tests"
        yield {
            "FABRIC_BUS_URL": f"servicebus://localhost:{port}",
            "ServiceBusConnection": (
                f"Endpoint=sb://localhost:{port};{key};UseDevelopmentEmulator=true"
            ),
        }


@asynccontextmanager
async def storage_queue() -> AsyncIterator[Environ]:
    """An empty account on Azurite."""
    async with AzuriteServer() as server:
        yield server.bus_settings


@asynccontextmanager
async def cosmos(*options: object) -> AsyncIterator[Environ]:
    """An empty account."""
    async with program(sys.executable, "-m", "stand_ins.cosmos", *options) as address:
        yield {"FABRIC_STORE_URL": f"cosmos://{address}/fabric", "FABRIC_COSMOS_KEY": "dGVzdHM="}


@asynccontextmanager
async def openai() -> AsyncIterator[Environ]:
    """A server that speaks OpenAI's protocol and answers as the offline model does."""
    async with program(sys.executable, "-m", "stand_ins.openai", "--port", "0") as url:
        yield {
            "FABRIC_AI_URL": f"openai://{url.removeprefix('http://')}",
            "FABRIC_AI_KEY": "test-key",
            "FABRIC_AI_MODELS": "default=model-a|model-b",
        }


@asynccontextmanager
async def event_grid(deliver: str) -> AsyncIterator[Environ]:
    """A topic that delivers to a webhook."""
    command = (sys.executable, "-m", "stand_ins.eventgrid", "--port", "0", "--deliver", deliver)
    async with program(*command) as url:
        yield {
            "FABRIC_EVENTS_URL": url.replace("http://", "eventgrid://"),
            "FABRIC_EVENTS_KEY": "dG9waWMta2V5LW9mLXRoZS10ZXN0cw==",
        }
