"""What the commands that report have in common: whose figures, of when, as text or JSON."""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, is_dataclass
from time import time
from typing import TYPE_CHECKING, TypeVar

from cli import console_log
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.operations.reports.period import Period
    from shared.operations.reports.turns import Scope

R = TypeVar("R")

Report = Callable[["Fabric", "Scope", "Period"], Awaitable[object]]


def add_scope(parser: argparse.ArgumentParser) -> None:
    """Let it be narrowed to a bot or a department; it is about no period."""
    parser.add_argument("--bot", default="", help="of one bot only")
    parser.add_argument("--department", default="", help="of one department only")
    parser.set_defaults(since="", until="")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_scope(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--since", default="", help="12h, 7d, 4w ago, or a date such as 2026-11-01")
    parser.add_argument("--until", default="", help="likewise; up to, not including")


def print_report(
    arguments: argparse.Namespace, report: Report, as_text: Callable[[object], str]
) -> int:
    """Make the report of what was asked for and print it. Return the exit code."""
    console_log.configure(quiet=True)
    result = asyncio.run(_made(arguments, report))
    print(shown(arguments, result, as_text))
    return 0


def shown(arguments: argparse.Namespace, result: R, as_text: Callable[[R], str]) -> str:
    """The result as JSON where that is asked for, else as text."""
    return json.dumps(plain(result), ensure_ascii=False) if arguments.json else as_text(result)


def plain(result: object) -> object:
    """The result as JSON takes it."""
    if isinstance(result, list):
        return [plain(item) for item in result]
    return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns side by side: the first to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


async def _made(arguments: argparse.Namespace, report: Report) -> object:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.operations.reports.period import period
    from shared.operations.reports.turns import Scope

    when = period(arguments.since, arguments.until, time())
    departments = {bot.department for bot in fabric().bots.values()}
    if arguments.bot and arguments.bot not in fabric().bots:
        raise ConfigurationError(f"there is no bot {arguments.bot!r} (botfabric list)")
    if arguments.department and arguments.department not in departments:
        raise ConfigurationError(
            f"no bot is of department {arguments.department!r}; there are "
            f"{', '.join(sorted(departments))}"
        )
    try:
        return await report(fabric(), Scope(arguments.bot, arguments.department), when)
    finally:
        await fabric().close()
