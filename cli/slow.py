"""`botfabric slow`: which systems and models people wait for, the slowest first."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cli import report

if TYPE_CHECKING:
    from shared.operations.reports.capacity import Capacity
    from shared.operations.reports.slow import Integration

HEADER = (
    "integration",
    "operation",
    "calls",
    "errors",
    "p50 s",
    "p95 s",
    "waited s",
    "open s",
    "bots",
)
SHOWN_BOTS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    report.add_arguments(parser)
    parser.add_argument(
        "--capacity",
        action="store_true",
        help="what each skill has room for, and when this month's budgets will be spent",
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    from shared.operations.reports.capacity import capacity
    from shared.operations.reports.slow import slow

    if arguments.capacity:
        return report.print_report(arguments, capacity, _capacity)
    return report.print_report(arguments, slow, _text)


def _capacity(result: object) -> str:
    found = cast("Capacity", result)
    header = ("skill", "an hour", "busiest", "at", "s each", "taken", "keeps up to")
    skills = [
        (
            *(row.skill, f"{row.mean:g}", row.busiest, row.at, f"{row.service:.3f}"),
            *(f"{row.utilisation:.1%}", f"{row.limit:,.0f}"),
        )
        for row in found.skills
    ]
    limits = [
        (row.limit, f"{row.share:.0%}", f"{row.expected:.0%}", row.ends or "lasts")
        for row in found.budgets
    ]
    parts = [report.table(header, skills)] if skills else ["nothing has run in that time"]
    if limits:
        parts.append(report.table(("this month", "spent", "expected", "ends"), limits))
    return "\n\n".join(parts)


def _text(result: object) -> str:
    rows = cast("list[Integration]", result)
    if not rows:
        return "no skill has called a backend or a model in that time"
    return report.table(
        HEADER,
        [
            (
                *(row.name, row.operation, row.calls, row.errors, f"{row.p50:.2f}"),
                *(f"{row.p95:.2f}", f"{row.waited:.1f}", f"{row.open:.1f}", _some(row.bots)),
            )
            for row in rows
        ],
    )


def _some(bots: Sequence[str]) -> str:
    """The first bots by name, and how many more there are: `--json` has them all."""
    more = len(bots) - SHOWN_BOTS
    return ",".join(bots[:SHOWN_BOTS]) + (f" and {more} more" if more > 0 else "")
