"""`botfabric audit`: what operators did and saw, and whether that record is whole."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from cli import console_log
from cli.list import table
from cli.typed_path import typed_path
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.governance.audit import Entry
    from shared.operations.reports.audit import Wanted

FILTERS = ("who", "action", "outcome", "purpose", "bot", "conversation", "trace")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="who did what, when, why, with what outcome")
    listing.add_argument("--json", action="store_true", help="one JSON array")
    export = actions.add_parser("export", help="every entry, one JSON object a line")
    export.add_argument(
        "--format", choices=("ocsf", "jsonl"), default="jsonl", help="OCSF 1.6, or as it is kept"
    )
    for chosen in (listing, export):
        for name in FILTERS:
            chosen.add_argument(f"--{name}", dest=f"wanted_{name}", metavar="X", default="")
        for name in ("since", "until"):
            chosen.add_argument(f"--{name}", metavar="TIME", default="", help="7d, or a date")
    verify = actions.add_parser("verify", help="whether the chain is whole")
    verify.add_argument(
        "--anchor", metavar="FILE", type=typed_path, help="also against what `audit anchor` wrote"
    )
    verify.add_argument("--json", action="store_true", help="one JSON object: whole, wrong")
    anchor = actions.add_parser("anchor", help="each day's Merkle root, to keep elsewhere")
    anchor.add_argument("file", metavar="FILE", type=typed_path)


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when the record is not what was written."""
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.host import fabric

    does = {"list": _list, "export": _export, "verify": _verify, "anchor": _anchor}
    try:
        return await does[arguments.action](fabric(), arguments)
    finally:
        await fabric().close()


async def _list(fabric: "Fabric", arguments: argparse.Namespace) -> int:
    from shared.operations.reports import audit

    deeds = await audit.deeds(fabric, _wanted(arguments))
    if arguments.json:
        print(json.dumps([deed.to_json() for deed in deeds], ensure_ascii=False))
    else:
        print(table("audit", [_row(deed) for deed in deeds]))
    return 0


async def _export(fabric: "Fabric", arguments: argparse.Namespace) -> int:
    from shared.governance.audit.ocsf import event
    from shared.operations.reports import audit

    async for entry in audit.entries(fabric, _wanted(arguments)):
        body = event(entry) if arguments.format == "ocsf" else entry.to_json()
        print(json.dumps(body, ensure_ascii=False))
    return 0


async def _verify(fabric: "Fabric", arguments: argparse.Namespace) -> int:
    from shared.governance.audit.anchor import Anchored
    from shared.governance.audit.verify import broken

    anchors = Anchored.read(_read(arguments.anchor)) if arguments.anchor else []
    wrong = await broken(fabric.store, anchors)
    if arguments.json:
        print(json.dumps({"whole": not wrong, "wrong": wrong}, ensure_ascii=False))
    else:
        print(f"error: {wrong}" if wrong else "the audit trail is whole", file=sys.stderr)
    return 1 if wrong else 0


async def _anchor(fabric: "Fabric", arguments: argparse.Namespace) -> int:
    from shared.governance.audit.anchor import anchor

    anchored = await anchor(fabric.store)
    try:
        arguments.file.write_text("".join(f"{day.to_line()}\n" for day in anchored))
    except OSError as error:
        raise ConfigurationError(f"{arguments.file}: {error.strerror}") from error
    for day in anchored:
        print(f"{day.day}  {len(day.leaves):>7} entries  {day.root}")
    return 0


def _wanted(arguments: argparse.Namespace) -> "Wanted":
    from shared.operations.reports.audit import Wanted
    from shared.operations.reports.period import period

    chosen = {name: getattr(arguments, f"wanted_{name}") for name in FILTERS}
    return Wanted(**chosen, period=period(arguments.since, arguments.until, time()))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error


def _row(deed: "Entry") -> dict[str, Any]:
    return {
        "id": deed.id,
        "at": deed.at[:19],
        "who": f"{deed.who} ({deed.via})",
        "action": deed.action,
        "target": [f"{name} {value}" for name, value in deed.target.items() if value],
        "purpose": deed.purpose,
        "outcome": deed.outcome,
    }
