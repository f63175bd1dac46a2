"""What the first webhook and the first turn cost a cold process, SDK imports included.

`python -m bench.first_contact` in an environment is the process that is measured: it imports
the app, lets the webhook take a message, handles that message, each twice, and prints the
milliseconds of CPU and of clock as JSON. What is second shows what was only the first time.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

STEPS = ("import", "first webhook", "second webhook", "first turn", "second turn")

Times = Mapping[str, tuple[float, float]]
"""CPU and clock milliseconds by step."""


async def first_contacts(folder: Path, rounds: int = 5) -> Mapping[str, Times]:
    """By what the app stands on, as far as it is there: the medians of fresh processes."""
    from bench.connector import Connector

    found = {}
    async with Connector() as connector:
        for name, ground in _grounds(folder).items():
            async with ground as environ:
                settings = {
                    "FABRIC_ENVIRONMENT": "local",
                    "FABRIC_DATA_DIR": str(folder / "first"),
                    "FABRIC_WHATSAPP_APP_SECRET": "bench",
                    **environ,
                }
                rows = [
                    await asyncio.to_thread(_process, settings, connector.url)
                    for _ in range(rounds)
                ]
                found[name] = {
                    step: (median(r[step][0] for r in rows), median(r[step][1] for r in rows))
                    for step in STEPS
                }
    return found


def _grounds(folder: Path) -> Mapping[str, Any]:
    """Contexts that give the settings."""
    from tests import azure, services

    grounds: dict[str, Any] = {"embedded": _settings()}
    if services.HAS_AZURITE:
        grounds["Storage Queue, SQLite"] = azure.storage_queue()
    parts = (azure.service_bus(folder), azure.cosmos(), azure.openai())
    grounds["Service Bus, Cosmos DB, OpenAI"] = _settings(*parts)
    return grounds


@asynccontextmanager
async def _settings(*parts: Any) -> AsyncIterator[Mapping[str, str]]:
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(part) for part in parts]
        yield {name: value for one in found for name, value in one.items()}


def _process(environ: Mapping[str, str], service_url: str) -> dict[str, tuple[float, float]]:
    run = subprocess.run(
        [sys.executable, "-m", "bench.first_contact", service_url],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    times: dict[str, tuple[float, float]] = json.loads(run.stdout)
    return times


async def _measure(service_url: str) -> dict[str, tuple[float, float]]:
    times = {"import": (time.process_time() * 1000, 0.0)}
    started = time.perf_counter(), time.process_time()
    from function_app import app

    functions = {one.get_function_name(): one.get_user_function() for one in app.get_functions()}
    times["import"] = _since(started)

    async def timed(step: str, work: Callable[[], Awaitable[Any]]) -> None:
        started = time.perf_counter(), time.process_time()
        await work()
        times[step] = _since(started)

    bodies = [_activity(service_url, n) for n in range(2)]
    for step, body in zip(STEPS[1:3], bodies, strict=True):
        await timed(step, lambda body=body: _post(functions["teams"], body))  # type: ignore[misc]
    messages = map(_message, bodies)
    for step, message in zip(STEPS[3:], messages, strict=True):
        await timed(step, lambda m=message: functions["skill_echo"](m))  # type: ignore[misc]
    from functions.host import fabric

    await fabric().close()
    return times


def _since(started: tuple[float, float]) -> tuple[float, float]:
    clock, cpu = started
    return (time.process_time() - cpu) * 1000, (time.perf_counter() - clock) * 1000


def _activity(service_url: str, number: int) -> dict[str, Any]:
    """Conversations of their own: the second message is no second turn of the first."""
    return {
        "type": "message",
        "id": f"{time.time_ns()}",
        "text": "/echo hello",
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": {"id": "29:ann"},
        "recipient": {"id": "28:bench"},
        "conversation": {"id": f"a:first-{time.time_ns()}-{number}"},
    }


async def _post(webhook: Callable[..., Awaitable[Any]], body: dict[str, Any]) -> None:
    import azure.functions as func

    request = func.HttpRequest(
        method="POST",
        url="http://localhost/api/teams/helpdesk",
        headers={"host": "localhost", "content-type": "application/json"},
        route_params={"bot": "helpdesk"},
        body=json.dumps(body).encode(),
    )
    answer = await webhook(request)
    if answer.status_code != 202:
        raise RuntimeError(f"the webhook answers {answer.status_code}")


def _message(body: dict[str, Any]) -> Any:
    """What the queue's trigger hands over for this activity."""
    from cli.trigger_data import queue_message, service_bus_message
    from functions.host import fabric
    from shared.activity import Activity, ConversationReference
    from shared.pipeline.door.accept import arrival
    from shared.ports.bus import Delivery
    from shared.ports.channel import Inbound
    from shared.settings import bus_scheme

    activity, bot = Activity(body), fabric().bots["helpdesk"]
    reference = ConversationReference(
        *(bot.id, "teams", body["conversation"]["id"]),
        user="29:ann",
        account="28:bench",
        service_url=activity.service_url,
        reply_to=activity.id,
    )
    event = arrival(Inbound(bot, reference, activity))
    now = time.time()
    delivery = Delivery(
        "skill-echo", event.id, event.conversation, event.to_json(), 1, "", now, now
    )
    made = queue_message if bus_scheme() == "storagequeue" else service_bus_message
    return made(delivery)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(sys.argv[1]))))
