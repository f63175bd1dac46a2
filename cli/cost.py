"""`botfabric cost`: what the bots cost, by whom and by what; `--focus FILE` for a bill."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cli import report
from cli.typed_path import typed_path
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.operations.reports.cost import Cost
    from shared.operations.reports.period import Period
    from shared.operations.reports.turns import Scope

GROUPS = ("departments", "bots", "meters")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    report.add_arguments(parser)
    parser.add_argument(
        "--focus", metavar="FILE", type=typed_path, help="write FOCUS 1.4 rows to this CSV file"
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    from shared.operations.reports.cost import cost

    async def with_focus(fabric: "Fabric", scope: "Scope", period: "Period") -> object:
        if arguments.focus:
            await _write(arguments.focus, fabric, scope, period)
        return await cost(fabric, scope, period)

    return report.print_report(arguments, with_focus, _text)


async def _write(path: Path, fabric: "Fabric", scope: "Scope", period: "Period") -> None:
    from shared.operations.reports.cost import charges
    from shared.operations.reports.focus import write_focus

    found = await charges(fabric, scope, period)
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            write_focus(found, file)
    except OSError as error:
        raise ConfigurationError(f"--focus {path}: {error.strerror}") from None


def _text(result: object) -> str:
    cost = cast("Cost", result)
    parts = []
    for name in GROUPS:
        rows = getattr(cost, name)
        parts.append(report.table((name, "USD"), [(row.name, f"{row.usd:.2f}") for row in rows]))
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
