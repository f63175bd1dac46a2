"""`botfabric stand-ins`: the services that the app uses on Azure, on this machine."""

import argparse
import asyncio
import json
import os
import shlex
from pathlib import Path

from cli.function import SERVICE_BUS, load_functions
from stand_ins.registry import StandIns
from stand_ins.server import Settings, stop_signal
from stand_ins.surroundings import Queue

ANY_SERVICE_BUS = "servicebus://localhost"
"""The functions are loaded as for a Service Bus: then their triggers name its queues."""

LOCAL: Settings = {"FABRIC_ENVIRONMENT": "local"}
"""An app in the cloud would not talk to services without TLS."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object on one line")


def run(arguments: argparse.Namespace, root: Path) -> int:
    asyncio.run(_serve(app_queues(), as_json=arguments.json))
    return 0


def app_queues() -> list[Queue]:
    """Return the queues that the functions of the app are triggered by."""
    os.environ.update(LOCAL, FABRIC_BUS_URL=ANY_SERVICE_BUS)
    return [
        Queue(function.target, sessions=bool(function.trigger.get("isSessionsEnabled")))
        for function in load_functions()
        if function.type == SERVICE_BUS
    ]


async def _serve(queues: list[Queue], *, as_json: bool) -> None:
    """Run them all until this process is asked to end."""
    stop = stop_signal()
    async with StandIns(queues) as stand_ins:
        print(_json(stand_ins) if as_json else _shell(stand_ins), flush=True)
        await stop.wait()


def _settings(stand_ins: StandIns) -> Settings:
    return {**LOCAL, **stand_ins.settings}


def _shell(stand_ins: StandIns) -> str:
    """Return lines that a shell takes as they are: what runs in comments, then the settings."""
    lines = [f"# {name} on {server.address}" for name, server in stand_ins.running.items()]
    lines += [f"# {left.name} is left out: {left.reason}" for left in stand_ins.left]
    settings = _settings(stand_ins).items()
    lines += [f"export {name}={shlex.quote(value)}" for name, value in settings]
    lines.append("# ready: in a shell with these, botfabric run; Ctrl-C here stops them all")
    return "\n".join(lines)


def _json(stand_ins: StandIns) -> str:
    running = {name: server.address for name, server in stand_ins.running.items()}
    left_out = {left.name: left.reason for left in stand_ins.left}
    return json.dumps({"running": running, "left_out": left_out, "settings": _settings(stand_ins)})
