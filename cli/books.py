"""`botfabric books`: what came in and what became of it, and whether that balances."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cli import report

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.operations.reports.parked import Parked
    from shared.operations.reports.period import Period
    from shared.operations.reports.turns import Scope

FATES = ("done", "parked", "dead", "pending")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    report.add_scope(parser)
    parser.add_argument("--parked", action="store_true", help="what is parked: whose, why, since")
    parser.add_argument(
        "--json", action="store_true", help="flat integers, one JSON object; a list with --parked"
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    if arguments.parked:
        return report.print_report(arguments, _parked, _list)
    return report.print_report(arguments, _count, _text)


async def _count(fabric: "Fabric", scope: "Scope", _: "Period") -> object:
    from shared.operations.reports.books import books

    return await books(fabric, scope)


async def _parked(fabric: "Fabric", scope: "Scope", _: "Period") -> object:
    from shared.operations.reports.parked import parked

    return await parked(fabric, scope)


def _text(result: object) -> str:
    """One line a number, and the sum."""
    count = cast("dict[str, int]", result)
    missing = count["accepted"] - sum(count[fate] for fate in FATES)
    verdict = (
        f"accepted = {' + '.join(FATES)}: the books balance"
        if missing == 0
        else f"the books do NOT balance: {missing:+d} unaccounted for"
    )
    return "\n".join([*(f"{name:<9} {number:>9,}" for name, number in count.items()), verdict])


def _list(result: object) -> str:
    from dataclasses import asdict

    from cli.list import table

    return table("parked", [asdict(row) for row in cast("list[Parked]", result)])
