"""`botfabric slow`: which systems and models people wait for, the slowest first."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cli import report

if TYPE_CHECKING:
    from shared.operations.reports.slow import Integration

HEADER = ("integration", "operation", "calls", "errors", "p50 s", "p95 s", "waited s", "bots")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    report.add_arguments(parser)


def run(arguments: argparse.Namespace, root: Path) -> int:
    from shared.operations.reports.slow import slow

    return report.print_report(arguments, slow, _text)


def _text(result: object) -> str:
    rows = cast("list[Integration]", result)
    if not rows:
        return "no skill has called a backend or a model in that time"
    return report.table(
        HEADER,
        [
            (
                *(row.name, row.operation, row.calls, row.errors, f"{row.p50:.2f}"),
                *(f"{row.p95:.2f}", f"{row.waited:.1f}", ",".join(row.bots)),
            )
            for row in rows
        ],
    )
