"""`botfabric usage`: which bots are used, by how many people, and how fast they answer."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cli import report

if TYPE_CHECKING:
    from shared.operations.reports.usage import Usage

HEADER = ("bot", "people", "conversations", "turns", "replies", "to a person", "dead", "p95 s")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    report.add_arguments(parser)


def run(arguments: argparse.Namespace, root: Path) -> int:
    from shared.operations.reports.usage import usage

    return report.print_report(arguments, usage, _text)


def _text(result: object) -> str:
    usage = cast("Usage", result)
    rows = [
        (
            *(row.bot, row.people, row.conversations, row.turns, row.replies),
            *(row.handed_over, row.dead, f"{row.answered_p95:.2f}"),
        )
        for row in usage.bots
    ]
    total = usage.totals
    last = (
        *("all", total["people"], total["conversations"], total["turns"], total["replies"]),
        *(total["handed_over"], total["dead"], ""),
    )
    return report.table(HEADER, [*rows, last])
