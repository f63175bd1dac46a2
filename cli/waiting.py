"""`botfabric waiting`: who waits for a person; answer them, or let the bot take over again."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli import console_log, operator
from cli.report import shown, table

if TYPE_CHECKING:
    from shared.operations.reports.waiting import WaitingPerson


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON array, with what was said")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    answer = actions.add_parser("answer", help="say something to one of them, on their channel")
    answer.add_argument("key", metavar="KEY", help="key of the conversation, from the list")
    answer.add_argument("text", metavar="TEXT", help="what to say")
    back = actions.add_parser("return", help="let the bot take over again")
    back.add_argument("key", metavar="KEY", help="key of the conversation, from the list")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when nobody waits where the key points."""
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.errors import PermanentError
    from shared.operations.deeds import waiting as deeds
    from shared.operations.reports.waiting import waiting

    try:
        match arguments.action:
            case "answer":
                done = await deeds.answer(fabric(), operator.here(), arguments.key, arguments.text)
                print(f"{done.id}: answered; the host sends it")
            case "return":
                done = await deeds.give_back(fabric(), operator.here(), arguments.key)
                print(f"{done.id}: the bot takes over again")
            case _:
                people = await waiting(fabric())
                print(shown(arguments, people, _text))
    except PermanentError as error:
        print(f"error: {error.detail or error.reason}", file=sys.stderr)
        return 1
    finally:
        await fabric().close()
    return 0


def _text(people: Sequence["WaitingPerson"]) -> str:
    if not people:
        return "nobody waits"
    header = ("key", "waits", "answered", "request")
    rows = [
        (p.key, f"{p.waits_seconds // 60} min", "yes" if p.answered else "no", p.reason[:60])
        for p in people
    ]
    return table(header, rows)
