"""`botfabric approvals`: deeds that wait for a second person; approve or deny them."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli import console_log, operator
from cli.report import shown, table

if TYPE_CHECKING:
    from shared.operations.reports.approvals import Asked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON array")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="what waits, what ends first on top (the default)")
    listing.add_argument("--all", action="store_true", help="what was decided too")
    listing.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="one JSON array"
    )
    for name, what in (("approve", "have it done"), ("deny", "have the person told: not done")):
        deed = actions.add_parser(name, help=what)
        deed.add_argument("id", metavar="ID", help="from the list")
        deed.add_argument("--reason", metavar="TEXT", default="", help="for the record")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when it is not there, not yours to decide, or over."""
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.errors import PermanentError
    from shared.operations.deeds import approvals as deeds
    from shared.operations.reports.approvals import approvals

    decider = deeds.Decider(operator.here())
    try:
        match arguments.action:
            case "approve":
                done = await deeds.approve(fabric(), decider, arguments.id, arguments.reason)
                print(f"{done.id}: approved; the host has {done.deed} done")
            case "deny":
                done = await deeds.deny(fabric(), decider, arguments.id, arguments.reason)
                print(f"{done.id}: denied; the person is told")
            case _:
                found = await approvals(fabric(), all=getattr(arguments, "all", False))
                print(shown(arguments, found, _text))
    except PermanentError as error:
        print(f"error: {error.detail or error.reason}", file=sys.stderr)
        return 1
    finally:
        await fabric().close()
    return 0


def _text(found: Sequence["Asked"]) -> str:
    if not found:
        return "nothing waits for approval"
    header = ("id", "bot", "asked by", "until", "state", "deed")
    rows = [(one.id, one.bot, one.asked_by, one.until, one.state, _deed(one)[:80]) for one in found]
    return table(header, rows)


def _deed(one: "Asked") -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in one.arguments.items())
    return f"{one.deed}({arguments})"
