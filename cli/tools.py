"""`botfabric tools`: the tools of MCP servers, as they were pinned; accept what has changed."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from cli import console_log, operator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object, by backend and tool")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    accept = actions.add_parser("accept", help="hold the tools of a server to what they are now")
    accept.add_argument("backend", metavar="BACKEND", help="name of the table in backends.toml")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when there is nothing to accept."""
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.errors import PermanentError
    from shared.operations.deeds.pins import accept
    from shared.operations.reports.tools import tools

    try:
        if arguments.action == "accept":
            names = await accept(fabric(), operator.here(), arguments.backend)
            print(f"{arguments.backend}: accepted {', '.join(names)}")
            return 0
        found = await tools(fabric())
    except PermanentError as error:
        print(f"error: {error.detail or error.reason}", file=sys.stderr)
        return 1
    finally:
        await fabric().close()
    lines = [f"{name} {tool}: {how}" for name, own in found.items() for tool, how in own.items()]
    print(json.dumps(found) if arguments.json else "\n".join(lines) or "no tools are pinned")
    return 0
