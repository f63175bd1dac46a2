"""`botfabric books`: what came in and what became of it, and whether that balances."""

import argparse
import asyncio
import json
from pathlib import Path

from cli import console_log

FATES = ("done", "parked", "dead", "pending")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="flat integers, one JSON object")


def run(arguments: argparse.Namespace, root: Path) -> int:
    console_log.configure(quiet=True)
    count = asyncio.run(_count())
    print(json.dumps(count) if arguments.json else _text(count))
    return 0


async def _count() -> dict[str, int]:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.operations.reports.books import books

    try:
        return await books(fabric())
    finally:
        await fabric().close()


def _text(count: dict[str, int]) -> str:
    """One line a number, and the sum."""
    missing = count["accepted"] - sum(count[fate] for fate in FATES)
    verdict = (
        f"accepted = {' + '.join(FATES)}: the books balance"
        if missing == 0
        else f"the books do NOT balance: {missing:+d} unaccounted for"
    )
    return "\n".join([*(f"{name:<9} {number:>9,}" for name, number in count.items()), verdict])
