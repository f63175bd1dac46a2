"""`botfabric alerts`: what has gone wrong and lasts; exit code 1 when there is anything."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cli import report

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.operations.reports.alerts import Lasting
    from shared.operations.reports.period import Period
    from shared.operations.reports.turns import Scope

HEADER = ("alert", "about", "since", "detail", "what to do")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    report.add_scope(parser)
    parser.add_argument("--json", action="store_true", help="one JSON array")


def run(arguments: argparse.Namespace, root: Path) -> int:
    found: list[object] = []

    async def listed(fabric: "Fabric", scope: "Scope", _: "Period") -> object:
        from shared.operations.reports.alerts import alerts

        found.extend(await alerts(fabric, scope))
        return found

    report.print_report(arguments, listed, _text)
    return 1 if found else 0


def _text(result: object) -> str:
    rows = cast("list[Lasting]", result)
    if not rows:
        return "nothing is wrong that the rules know of"
    return report.table(
        HEADER, [(row.alert, row.subject, row.since, row.detail, row.page) for row in rows]
    )
