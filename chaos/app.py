"""The app with the drill's skills; forks a process of it for each line on stdin.

`python -m chaos.app`: `door` forks one that serves HTTP, `worker` one with triggers only, `books`
one that prints the books. Each answers with a line of JSON. `python -m chaos.app DEFECT` runs the
app with one of `chaos.controls` that is a change of code. Everything is imported before, and
nothing opened, so a killed process is replaced in milliseconds; all end with this one.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import functions
from chaos.controls import CONTROLS
from chaos.fleet import MODEL_URL
from chaos.scenario import QUEUES, skills
from cli.function import Function, load_functions
from cli.host import Host
from cli.host_json import HostJson
from functions.host import fabric
from functions.triggers import skill_blueprint
from shared.errors import TransientError
from shared.observability import log
from shared.operations.reports.books import books
from shared.settings import Settings

_SDKS = {"servicebus": "azure.servicebus.aio", "cosmos": "azure.cosmos.aio"}


async def think() -> None:
    """Ask the stand-in for a model."""
    response = await fabric().http.request("POST", os.environ[MODEL_URL])
    if response.status != 200:
        raise TransientError(f"model answers {response.status}", after=response.retry_after)


async def serve(app: list[Function], limits: HostJson, *, door: bool) -> None:
    host = Host(app, limits, fabric())
    url = ""
    if door:
        url = f"http://127.0.0.1:{await host.start_http(0)}"
    else:
        host.start_triggers()
    _answer({"pid": os.getpid(), "url": url})
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(0.5)


async def count() -> None:
    _answer(await books(fabric()))
    await fabric().close()


def main() -> None:
    log.configure()
    functions.BLUEPRINTS += [skill_blueprint(skill) for skill in skills(think)]
    limits = HostJson.load(Path("host.json"))
    app = [one for one in load_functions(limits.function_timeout) if _needed(one)]
    settings = Settings.from_environ()
    for url in (settings.store_url, settings.bus_url):
        if sdk := _SDKS.get(urlsplit(url).scheme):
            import_module(sdk)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    commands: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "door": lambda: serve(app, limits, door=True),
        "worker": lambda: serve(app, limits, door=False),
        "books": count,
    }
    flaws = [defect.patched() for defect in CONTROLS if defect.name in sys.argv[1:]]
    with flaws[0] if flaws else nullcontext():
        for line in sys.stdin:
            if os.fork() == 0:
                asyncio.run(commands[line.strip()]())
                os._exit(0)


def _needed(function: Function) -> bool:
    """Whether a message of the drill can come its way; on some buses each queue costs links."""
    return not function.target.startswith("skill-") or function.target in QUEUES


def _answer(body: object) -> None:
    os.write(1, f"{json.dumps(body)}\n".encode())


if __name__ == "__main__":
    main()
