"""`botfabric usage`: which bots are used, by how many people, and how fast they answer."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cli import report
from cli.typed_path import typed_path
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.fabric import Fabric
    from shared.operations.reports.period import Period
    from shared.operations.reports.turns import Scope
    from shared.operations.reports.unanswered import Cluster
    from shared.operations.reports.usage import Usage

HEADER = (
    *("bot", "people", "conversations", "turns", "replies", "solved alone", "to a person"),
    *("dead", "p95 s"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    report.add_arguments(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--export",
        metavar="FOLDER",
        type=typed_path,
        help="write the daily figures for a warehouse, a file of JSON lines a day",
    )
    which.add_argument(
        "--warehouse",
        action="store_true",
        help="the same into the container `warehouse`, as a timer does daily",
    )
    which.add_argument(
        "--forms", action="store_true", help="where people leave the forms, slot by slot"
    )
    which.add_argument(
        "--unanswered",
        action="store_true",
        help="questions without an answer, those alike together, identifiers hidden",
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    from shared.operations.reports.days import used
    from shared.operations.reports.unanswered import unanswered
    from shared.operations.reports.usage import usage

    async def exported(fabric: "Fabric", scope: "Scope", period: "Period") -> object:
        from shared.operations.reports.warehouse import partitions

        days = await used(fabric, scope, period, present=True, shared=True)
        return write_partitions(arguments.export, partitions(days))

    if arguments.warehouse:
        from shared.operations.export import export

        return report.print_report(arguments, export, _exported)
    if arguments.export:
        return report.print_report(arguments, exported, _exported)
    if arguments.unanswered:
        return report.print_report(arguments, unanswered, _clusters)
    if arguments.forms:
        return report.print_report(arguments, usage, _forms)
    return report.print_report(arguments, usage, _text)


def write_partitions(folder: Path, files: "Iterable[tuple[str, str]]") -> list[str]:
    """Write each file whole, in the place of what was there. Return their names."""
    written = []
    try:
        for name, text in files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".part")
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
            written.append(name)
    except OSError as error:
        raise ConfigurationError(f"--export {folder}: {error.strerror}") from None
    return written


def _exported(result: object) -> str:
    return "\n".join(cast("list[str]", result)) or "nothing was used in that time"


def _forms(result: object) -> str:
    rows = []
    for bot in cast("Usage", result).bots:
        for form in bot.forms:
            rows.append((bot.bot, form.form, "", form.begun, form.completed, form.cancelled))
            rows += [
                (bot.bot, form.form, step.slot, step.asked, step.answered, step.cancelled)
                for step in form.steps
            ]
    if not rows:
        return "nobody has begun a form in that time"
    return report.table(("bot", "form", "slot", "asked", "answered", "cancelled"), rows)


def _clusters(result: object) -> str:
    rows = cast("list[Cluster]", result)
    if not rows:
        return "every question had an answer in that time, or its transcript is gone"
    lines = [f"{row.count:5}  {row.bot}: " + "\n       ".join(row.examples) for row in rows]
    return "\n".join(lines)


def _share(total: "dict[str, int]") -> str:
    if not total["conversations"]:
        return ""
    return f"{total['contained'] / total['conversations']:.0%}"


def _text(result: object) -> str:
    usage = cast("Usage", result)
    rows = [
        (
            *(row.bot, row.people, row.conversations, row.turns, row.replies),
            *(f"{row.containment:.0%}" if row.conversations else "", row.handed_over),
            *(row.dead, f"{row.answered_p95:.2f}"),
        )
        for row in usage.bots
    ]
    total = usage.totals
    last = (
        *("all", total["people"], total["conversations"], total["turns"], total["replies"]),
        *(_share(total), total["handed_over"], total["dead"], ""),
    )
    return report.table(HEADER, [*rows, last])
