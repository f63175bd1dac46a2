"""`botfabric list`: the bots, the skills, and the functions with what sets them off."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.function import load_functions
from shared.bot import Bot
from shared.fabric import CHANNELS
from shared.queues import skill_queue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace, root: Path) -> int:
    found = inventory()
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print("\n\n".join(table(name, rows) for name, rows in found.items()))
    return 0


def inventory() -> dict[str, list[dict[str, Any]]]:
    functions = load_functions()
    from functions.host import SKILLS, fabric

    return {
        "bots": [
            {
                "id": bot.id,
                "name": bot.name,
                "department": bot.department,
                "channels": channels(bot),
                "skills": bot.skills,
            }
            for bot in fabric().bots.values()
        ],
        "skills": [
            {
                "name": skill.name,
                "queue": skill_queue(skill.name),
                "description": skill.description,
                "hears": sorted(skill.events),
                "bots": [bot.id for bot in fabric().bots.values() if skill.name in bot.skills],
            }
            for skill in SKILLS.values()
        ],
        "functions": [
            {"name": one.name, "trigger": one.type, "on": one.target} for one in functions
        ],
    }


def channels(bot: Bot) -> list[str]:
    """The channels that a bot is on."""
    return [name for name in CHANNELS if getattr(bot.channels, name) is not None]


def table(title: str, rows: Sequence[dict[str, Any]]) -> str:
    """Columns as wide as their widest cell; the first row names them."""
    if not rows:
        return f"{title}: none"
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([title.upper(), *("  " + line for line in lines)])


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
