"""`botfabric dlq`: what nobody will try again; look at it, send it again, dismiss it."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import console_log
from shared.errors import PermanentError, TransientError

if TYPE_CHECKING:
    from shared.dead_letter_desk import Letter
    from shared.fabric import Fabric

ACTIONS = {
    "list": "what is dead, by conversation",
    "show": "one of them, with all that is known but what was said",
    "redrive": "send again, in order, each once",
    "discard": "dismiss: it stays on record and is listed no more",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, purpose in ACTIONS.items():
        action = actions.add_parser(name, help=purpose, description=f"{name}: {purpose}.")
        if name != "list":
            action.add_argument("ids", metavar="ID", nargs="*", help="ids from the list")
        action.add_argument("--bot", default="", metavar="ID", help="only those of this bot")
        action.add_argument("--skill", default="", metavar="NAME", help="only those of this skill")
        action.add_argument("--reason", default="", metavar="CODE", help="only with this reason")
        if name in ("redrive", "discard"):
            action.add_argument("--all", action="store_true", help="every one that fits")
        action.add_argument("--json", action="store_true", help="one JSON array")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when an id is unknown or a letter could not be moved."""
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.triggers import fabric
    from shared import dead_letter_desk as desk

    try:
        queue = f"skill-{arguments.skill}" if arguments.skill else ""
        found = await desk.letters(
            fabric(), bot=arguments.bot, queue=queue, reason=arguments.reason
        )
        if arguments.action == "list":
            _print([_row(letter) for letter in found], as_json=arguments.json)
            return 0
        chosen = _chosen(found, arguments)
        if chosen is None:
            return 1
        if arguments.action == "show":
            print(json.dumps([letter.explain() for letter in chosen], indent=2))
            return 0
        return await _move(fabric(), chosen, arguments)
    finally:
        await fabric().close()


def _chosen(found: Sequence["Letter"], arguments: argparse.Namespace) -> Sequence["Letter"] | None:
    """The letters that are meant, or None after saying why there are none."""
    if getattr(arguments, "all", False):
        return found
    by_id = {letter.id: letter for letter in found}
    unknown = [id for id in arguments.ids if id not in by_id]
    if unknown or not arguments.ids:
        wanted = f"no dead letter {', '.join(unknown)}" if unknown else "which one? name its id"
        more = ", or --all" if hasattr(arguments, "all") else ""
        print(f"error: {wanted}{more} (botfabric dlq list)", file=sys.stderr)
        return None
    return [letter for letter in found if letter.id in arguments.ids]


async def _move(fabric: "Fabric", chosen: Sequence["Letter"], arguments: argparse.Namespace) -> int:
    from shared import dead_letter_desk as desk

    move = desk.redrive if arguments.action == "redrive" else desk.discard
    done, failed = [], 0
    for letter in chosen:
        try:
            await move(fabric, letter)
            done.append(_row(letter))
        except (PermanentError, TransientError) as error:
            failed += 1
            print(f"error: {letter.id}: {error}", file=sys.stderr)
    _print(done, as_json=arguments.json)
    return 1 if failed else 0


def _row(letter: "Letter") -> dict[str, Any]:
    return {
        "id": letter.id,
        "died": datetime.fromtimestamp(letter.at, UTC).isoformat(timespec="seconds"),
        "bot": letter.bot,
        "queue": letter.queue,
        "reason": letter.reason,
        "conversation": letter.conversation,
    }


def _print(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    from cli.list import table

    print(json.dumps(rows) if as_json else table("dead letters", rows))
