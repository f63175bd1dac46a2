"""`botfabric stop` and `botfabric start`: the kill switch of a bot or a skill."""

import argparse
import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

from cli import console_log, operator
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from shared.fabric import Fabric


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="BOT|SKILL", nargs="?", help="without one, what is stopped now"
    )
    parser.add_argument(
        "--kind", choices=("bot", "skill"), help="which is meant when a bot and a skill share it"
    )
    parser.add_argument("--json", action="store_true", help="what is stopped, as one JSON array")


def run(arguments: argparse.Namespace, root: Path) -> int:
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.triggers import fabric
    from shared import operations

    try:
        if arguments.name:
            kind = arguments.kind or _kind(fabric(), arguments.name)
            await operations.switch(
                fabric(), operator.here(), arguments.command, kind, arguments.name
            )
        stopped = await operations.stopped(fabric())
    finally:
        await fabric().close()
    lines = [f"{one['kind']} {one['name']} is stopped since {one['since']}" for one in stopped]
    print(json.dumps(stopped) if arguments.json else "\n".join(lines) or "nothing is stopped")
    return 0


def _kind(fabric: "Fabric", name: str) -> str:
    kinds = [
        kind for kind, known in (("bot", fabric.bots), ("skill", fabric.skills)) if name in known
    ]
    if len(kinds) != 1:
        meant = "a bot and a skill: say --kind" if kinds else "no bot and no skill (botfabric list)"
        raise ConfigurationError(f"{name!r} is {meant}")
    return kinds[0]
