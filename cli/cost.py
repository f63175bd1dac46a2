"""`botfabric cost`: what the bots cost, by whom and by what; `--focus FILE` for a bill."""

import argparse
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, cast

from cli import report
from cli.typed_path import typed_path
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from shared.fabric import Fabric
    from shared.operations.reports.billed import Compared
    from shared.operations.reports.cost import Cost, Group
    from shared.operations.reports.period import Period
    from shared.operations.reports.turns import Scope

GROUPS = ("departments", "bots", "meters")
"""What is shown where nothing else is asked for."""

BY = (*("departments", "bots", "cost_centers", "skills", "models", "channels", "meters", "days"),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    report.add_arguments(parser)
    parser.add_argument(
        "--by",
        metavar="GROUP",
        action="append",
        choices=BY,
        help=f"group by this instead, also several times: {', '.join(BY)}",
    )
    parser.add_argument(
        "--focus", metavar="FILE", type=typed_path, help="write FOCUS 1.4 rows to this CSV file"
    )
    parser.add_argument(
        "--page", metavar="FILE", type=typed_path, help="write the bill as an HTML page to send"
    )
    parser.add_argument(
        "--compare",
        metavar="FILE",
        type=typed_path,
        help="what was billed beside it: an export of Cost Management (CSV), or FOCUS",
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    from shared.operations.reports.billed import compare
    from shared.operations.reports.chargeback import Bill, page
    from shared.operations.reports.cost import charges, cost, falls_to
    from shared.operations.reports.focus import write_focus

    async def with_files(fabric: "Fabric", scope: "Scope", period: "Period") -> object:
        found = await cost(fabric, scope, period)
        if arguments.focus or arguments.page:
            lines = await charges(fabric, scope, period)
            if arguments.focus:
                _write("--focus", arguments.focus, lambda file: write_focus(lines, file))
            if arguments.page:
                talked, usd = found.conversations, await falls_to(fabric, scope, period)
                bill = Bill(scope.department, period, lines, talked, time(), usd)
                _write("--page", arguments.page, lambda file: file.write(page(bill)))
        return found

    async def compared(fabric: "Fabric", scope: "Scope", period: "Period") -> object:
        lines = await charges(fabric, scope, period)
        try:
            with arguments.compare.open(encoding="utf-8-sig", newline="") as file:
                return compare(lines, file, period)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "is no CSV in UTF-8"
            raise ConfigurationError(f"--compare {arguments.compare}: {why}") from None

    if arguments.compare:
        return report.print_report(arguments, compared, _comparison)
    by = tuple(arguments.by or GROUPS)
    return report.print_report(arguments, with_files, lambda result: _text(result, by))


def _write(option: str, path: Path, write: "Callable[[TextIO], object]") -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            write(file)
    except OSError as error:
        raise ConfigurationError(f"{option} {path}: {error.strerror}") from None


def _comparison(result: object) -> str:
    rows = cast("list[Compared]", result)
    return report.table(
        ("service", "predicted USD", "billed USD", "off"),
        [
            (
                *(row.service, f"{row.predicted:.2f}", f"{row.billed:.2f}"),
                f"{row.off:+.1%}" if row.billed else "",
            )
            for row in rows
        ],
    )


def _amount(row: "Group") -> str:
    return "no price" if row.unpriced and not row.usd else f"{row.usd:.2f}"


def _text(result: object, by: "Sequence[str]") -> str:
    cost = cast("Cost", result)
    parts = []
    for name in by:
        rows = getattr(cost, name)
        lines = [(row.name or "none", _amount(row)) for row in rows]
        parts.append(report.table((name.replace("_", " "), "USD"), lines))
    parts.append(
        f"total {cost.usd:.2f} USD; {cost.conversations} conversations, "
        f"{cost.usd_per_1000_conversations:.2f} USD per 1,000"
    )
    if cost.value:
        header = ("value, as assumed", "solved", "USD each", "worth", "cost")
        rows = [
            (
                row.bot,
                row.resolved,
                f"{row.assumed:g}",
                f"{row.worth_usd:.2f}",
                f"{row.cost_usd:.2f}",
            )
            for row in cost.value
        ]
        parts.append(report.table(header, rows))
    parts += [
        f"unpriced: {quantity:,.0f} of {meter}; give it a [[price]] in prices.toml"
        for meter, quantity in cost.unpriced.items()
    ]
    return "\n\n".join(parts[:-1] if not parts[-1] else parts)
