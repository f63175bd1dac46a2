"""`botfabric budgets`: what bots and departments may spend, what they did, what calls hold."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cli import report

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.operations.reports.budgets import Budget
    from shared.operations.reports.period import Period
    from shared.operations.reports.turns import Scope


def add_arguments(parser: argparse.ArgumentParser) -> None:
    report.add_scope(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace, root: Path) -> int:
    from shared.operations.reports.budgets import budgets

    async def now(fabric: "Fabric", scope: "Scope", period: "Period") -> object:
        return await budgets(fabric, scope)

    return report.print_report(arguments, now, _text)


def _text(result: object) -> str:
    rows = cast("list[Budget]", result)
    if not rows:
        return "no bot or department has a limit; set [quota] in a manifest, or departments.toml"
    return report.table(
        ("limit", "window", "most", "spent", "held", "taken"),
        [
            (
                row.limit,
                row.window,
                *(_amount(row, value) for value in (row.most, row.spent, row.held)),
                f"{row.share:.0%}",
            )
            for row in rows
        ],
    )


def _amount(row: "Budget", value: float) -> str:
    return f"{value:,.2f} USD" if row.unit == "usd" else f"{value:,.0f}"
