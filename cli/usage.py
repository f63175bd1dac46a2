"""`botfabric usage`: which bots are used, by how many people, and how fast they answer."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cli import report

if TYPE_CHECKING:
    from shared.operations.reports.unanswered import Cluster
    from shared.operations.reports.usage import Usage

HEADER = ("bot", "people", "conversations", "turns", "replies", "to a person", "dead", "p95 s")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    report.add_arguments(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--forms", action="store_true", help="where people leave the forms, slot by slot"
    )
    which.add_argument(
        "--unanswered",
        action="store_true",
        help="questions without an answer, those alike together, identifiers hidden",
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    from shared.operations.reports.unanswered import unanswered
    from shared.operations.reports.usage import usage

    if arguments.unanswered:
        return report.print_report(arguments, unanswered, _clusters)
    if arguments.forms:
        return report.print_report(arguments, usage, _forms)
    return report.print_report(arguments, usage, _text)


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
