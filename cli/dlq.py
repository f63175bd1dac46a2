"""`botfabric dlq`: what nobody will try again; look at it, send it again, dismiss it.

`dlq broker` is for what the broker itself put aside and no function has taken up.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from cli import broker_letters, console_log, operator
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.operations.reports.letters import Letter

ACTIONS = {
    "list": "what is dead, by conversation",
    "show": "one of them, with all that is known but what was said",
    "redrive": "send again, in order, each once",
    "discard": "dismiss: it stays on record and is listed no more",
}
MOVED = {"redrive": "redriven", "discard": "discarded"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, purpose in ACTIONS.items():
        action = actions.add_parser(name, help=purpose, description=f"{name}: {purpose}.")
        if name != "list":
            action.add_argument("ids", metavar="ID", nargs="*", help="ids from the list")
        action.add_argument("--bot", default="", metavar="ID", help="only those of this bot")
        action.add_argument("--skill", default="", metavar="NAME", help="only those of this skill")
        action.add_argument("--reason", default="", metavar="CODE", help="only with this reason")
        action.add_argument(
            "--since", default="", metavar="WHEN", help="only those that died since 1h, 7d, a date"
        )
        if name in ("redrive", "discard"):
            action.add_argument("--all", action="store_true", help="every one that fits")
        action.add_argument("--json", action="store_true", help="one JSON array")
    purpose = "what lies in the broker's own dead-letter queues"
    broker = actions.add_parser("broker", help=purpose, description=f"broker: {purpose}.")
    broker_letters.add_arguments(broker)


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when an id is unknown or a letter could not be moved."""
    _check(arguments)
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


def _check(arguments: argparse.Namespace) -> None:
    """Raises ConfigurationError unless it is clear which letters are meant."""
    if arguments.action in ("list", "broker"):
        return
    everything, many = getattr(arguments, "all", False), hasattr(arguments, "all")
    if everything and arguments.ids:
        raise ConfigurationError(
            f"{arguments.ids[0]} and --all: write the ids to {arguments.action}, or --all, not both"
        )
    if not everything and not arguments.ids:
        more = ", or --all for every one that fits" if many else ""
        raise ConfigurationError(
            f"{arguments.action} needs the id of a letter{more} (botfabric dlq list)"
        )


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.errors import PermanentError
    from shared.operations.reports import letters as letter_report

    try:
        if arguments.action == "broker":
            return await broker_letters.run(fabric(), arguments)
        found = await _found(fabric(), arguments)
        if arguments.action == "list":
            _print("dead letters", found, as_json=arguments.json)
            return 0
        try:
            chosen = letter_report.named(found, arguments.ids) if arguments.ids else found
        except PermanentError as error:
            print(f"error: no dead letter {error.detail} (botfabric dlq list)", file=sys.stderr)
            return 1
        if arguments.action == "show":
            print(json.dumps([letter.explain() for letter in chosen], indent=2))
            return 0
        return await _move(fabric(), chosen, arguments)
    finally:
        await fabric().close()


async def _found(fabric: "Fabric", arguments: argparse.Namespace) -> Sequence["Letter"]:
    """What fits; ConfigurationError for a bot or a skill that neither the app nor a letter names.

    Letters of one that was removed are still found.
    """
    from shared.operations.reports.letters import letters
    from shared.operations.reports.period import period
    from shared.queues import skill_queue

    bot, skill = arguments.bot, arguments.skill
    queue = skill_queue(skill) if skill else ""
    died = period(arguments.since, "", time())
    found = await letters(fabric, bot=bot, queue=queue, reason=arguments.reason, died=died)
    if bot and bot not in fabric.bots and not await letters(fabric, bot=bot):
        raise ConfigurationError(f"there is no bot {bot!r}, and no dead letter of one")
    if skill and skill not in fabric.skills and not await letters(fabric, queue=queue):
        raise ConfigurationError(f"there is no skill {skill!r}, and no dead letter of one")
    return found


async def _move(fabric: "Fabric", chosen: Sequence["Letter"], arguments: argparse.Namespace) -> int:
    from shared.operations.deeds import letters as letter_deeds

    moved = await letter_deeds.move(fabric, operator.here(), arguments.action, chosen)
    for id, error in moved.failed.items():
        print(f"error: {id}: {error}", file=sys.stderr)
    _print(f"{len(moved.done)} {MOVED[arguments.action]}", moved.done, as_json=arguments.json)
    return 1 if moved.failed else 0


def _print(title: str, letters: Sequence["Letter"], *, as_json: bool) -> None:
    from cli.list import table

    rows = [letter.summary() for letter in letters]
    print(json.dumps(rows) if as_json else table(title, rows))
