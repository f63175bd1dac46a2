"""`botfabric person`: everything kept of one person, shown, handed out or erased, on record."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cli import console_log, operator
from cli.list import table
from cli.typed_path import typed_path
from shared.errors import ConfigurationError, PermanentError

if TYPE_CHECKING:
    from shared.fabric import Fabric


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    purposes = {
        "show": "how much is kept, by kind; no word of it",
        "export": "all of it, as one JSON object that explains itself",
        "erase": "delete it; the receipt goes to stdout",
        "check": "whether a receipt is true, and nothing is kept",
    }
    for name, purpose in purposes.items():
        action = actions.add_parser(name, help=purpose)
        action.add_argument("id", metavar="ID", help="the channel's or Entra's id of the person")
        if name == "check":
            action.add_argument("receipt", metavar="RECEIPT", type=typed_path)
            continue
        action.add_argument("--reason", metavar="TEXT", required=True, help="why, for the record")
        held = action.add_mutually_exclusive_group()
        held.add_argument(
            "--hold", action="store_true", help="from now on nothing is erased or expires"
        )
        held.add_argument("--release", action="store_true", help="end a legal hold")
        action.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when a legal hold forbids it, something is left, or a receipt is not true."""
    if not getattr(arguments, "reason", "-").strip():
        raise ConfigurationError("--reason is empty; write why, such as a case number")
    if not arguments.id.strip():
        raise ConfigurationError("the id is empty; write whose, as the channel or Entra has it")
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.operations.deeds import persons

    does = {"show": _show, "export": _export, "erase": _erase, "check": _check}
    who, here = operator.here(), fabric()
    try:
        if getattr(arguments, "hold", False):
            await persons.hold(here, who, arguments.id, arguments.reason)
            print("held from now on: nothing is erased, nothing expires", file=sys.stderr)
        elif getattr(arguments, "release", False):
            await persons.release(here, who, arguments.id, arguments.reason)
        return await does[arguments.action](here, arguments)
    except PermanentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        await here.close()


async def _show(fabric: "Fabric", arguments: argparse.Namespace) -> int:
    from shared.operations.deeds import persons

    shown = await persons.show(fabric, operator.here(), arguments.id, arguments.reason)
    if arguments.json:
        print(json.dumps(asdict(shown)))
        return 0
    print(table("kept", [asdict(kept) | {"sha256": kept.sha256[:16]} for kept in shown.kept]))
    if shown.held:
        print(f"a legal hold keeps it: {shown.held}", file=sys.stderr)
    return 0


async def _export(fabric: "Fabric", arguments: argparse.Namespace) -> int:
    from shared.operations.deeds import persons

    found = await persons.export(fabric, operator.here(), arguments.id, arguments.reason)
    print(json.dumps(found, ensure_ascii=False, indent=2))
    return 0


async def _erase(fabric: "Fabric", arguments: argparse.Namespace) -> int:
    from shared.operations.deeds import persons

    receipt = await persons.erase(fabric, operator.here(), arguments.id, arguments.reason)
    print(json.dumps(asdict(receipt), ensure_ascii=False))
    for kept in receipt.left:
        print(f"left: {kept.count} of kind {kept.kind}, under way or newer", file=sys.stderr)
    return 1 if receipt.left else 0


async def _check(fabric: "Fabric", arguments: argparse.Namespace) -> int:
    from shared.operations.deeds import persons

    try:
        receipt = persons.Receipt.read(json.loads(arguments.receipt.read_bytes()))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(f"{arguments.receipt} is no receipt of an erasure") from error
    faults = await persons.faults(fabric, arguments.id, receipt)
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    if not faults:
        print("the receipt is true, and nothing is kept", file=sys.stderr)
    return 1 if faults else 0
