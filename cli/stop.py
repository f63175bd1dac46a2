"""`botfabric stop` and `botfabric start`: the kill switch of a bot or a skill."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cli import console_log, operator
from shared.errors import ConfigurationError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="BOT|SKILL", nargs="?", help="without one, what is stopped now"
    )
    parser.add_argument(
        "--kind", choices=("bot", "skill"), help="which is meant when a bot and a skill share it"
    )
    parser.add_argument("--json", action="store_true", help="what is stopped, as one JSON array")


def run(arguments: argparse.Namespace, root: Path) -> int:
    if arguments.kind and not arguments.name:
        raise ConfigurationError(f"--kind {arguments.kind} of what? write a name before it")
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.operations.deeds import switches as kill_switch
    from shared.operations.reports import switches as switch_report

    try:
        if arguments.name:
            action, name = arguments.command, arguments.name
            kind = _kind(await switch_report.kinds(fabric(), name), name, arguments.kind)
            if not await kill_switch.switch(fabric(), operator.here(), action, kind, name):
                already = "stopped already" if action == "stop" else "not stopped"
                print(f"{kind} {name} was {already}", file=sys.stderr)
        stopped = await switch_report.stopped(fabric())
    finally:
        await fabric().close()
    lines = [f"{one['kind']} {one['name']} is stopped since {one['since']}" for one in stopped]
    print(json.dumps(stopped) if arguments.json else "\n".join(lines) or "nothing is stopped")
    return 0


def _kind(kinds: Sequence[str], name: str, wanted: str | None) -> str:
    """The kind that is meant of those that a name has; ConfigurationError when none is."""
    if wanted and wanted not in kinds:
        raise ConfigurationError(f"{name!r} is no {wanted} (botfabric list)")
    if not kinds:
        raise ConfigurationError(f"{name!r} is no bot and no skill (botfabric list)")
    if not wanted and len(kinds) > 1:
        raise ConfigurationError(f"{name!r} is a bot and a skill; say --kind bot or --kind skill")
    return wanted or kinds[0]
