"""`botfabric verify BOT|SKILL`: the conformance kit."""

import argparse
import asyncio
import json
from dataclasses import asdict
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cli import console_log

if TYPE_CHECKING:
    from conformance.promise import Promise


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="BOT|SKILL", help="id of a bot, also bots/ID, or name of a skill"
    )
    parser.add_argument("--json", action="store_true", help="one JSON list of the checks")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Print a line for each check. Exit code 1 when one fails."""
    console_log.configure(quiet=True)
    with TemporaryDirectory() as folder:
        found = asyncio.run(_verified(arguments.name, Path(folder)))
    if arguments.json:
        print(json.dumps([{**asdict(one), "holds": one.holds} for one in found]))
    else:
        print("\n".join(line for one in found for line in one.lines()))
    return 0 if all(one.holds for one in found) else 1


async def _verified(name: str, folder: Path) -> "list[Promise]":
    import functions  # noqa: F401 -- declares the skills
    from conformance.bot import fabric_in, skill_named, verify_bot
    from conformance.skill import verify_skill

    fabric = fabric_in(folder)
    try:
        if bot := fabric.bots.get(PurePath(name).name.removesuffix(".toml")):
            return await verify_bot(fabric, bot)
        return await verify_skill(skill_named(name), fabric.settings.knowledge_dir)
    finally:
        await fabric.close()
