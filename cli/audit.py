"""`botfabric audit`: what operators did, and whether that record is whole."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from cli import console_log
from cli.list import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="who did what, when, with what outcome")
    listing.add_argument("--json", action="store_true", help="one JSON array")
    actions.add_parser("verify", help="whether the chain is whole")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when the record is not what was written."""
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.governance import audit

    try:
        if arguments.action == "verify":
            wrong = await audit.broken(fabric().store)
            print(f"error: {wrong}" if wrong else "the audit trail is whole", file=sys.stderr)
            return 1 if wrong else 0
        deeds = await audit.deeds(fabric().store)
    finally:
        await fabric().close()
    print(json.dumps(deeds) if arguments.json else table("audit", [_row(deed) for deed in deeds]))
    return 0


def _row(deed: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": deed["number"],
        "at": deed["at"][:19],
        "who": f"{deed['who']} ({deed['via']})",
        "action": deed["action"],
        "target": [f"{name} {value}" for name, value in deed["target"].items() if value],
        "outcome": deed["outcome"],
    }
