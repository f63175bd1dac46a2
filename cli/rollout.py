"""`botfabric rollout`: a share of the conversations gets another version of a skill."""

import argparse
import asyncio
import json
from dataclasses import asdict
from pathlib import Path

from cli import console_log, operator
from shared.errors import ConfigurationError, PermanentError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "skill", metavar="SKILL", nargs="?", help="without one, what is rolled out now"
    )
    parser.add_argument("version", metavar="VERSION", nargs="?")
    parser.add_argument("--share", metavar="N%", help="of the conversations; 0%% rolls back")
    parser.add_argument("--bots", default="", metavar="A,B", help="only conversations of these")
    parser.add_argument("--reason", default="", metavar="TEXT", help="kept in the audit")
    parser.add_argument("--json", action="store_true", help="one JSON array")


def run(arguments: argparse.Namespace, root: Path) -> int:
    if arguments.skill and not (arguments.version and arguments.share):
        raise ConfigurationError("write a version and a share: rollout SKILL v2 --share 10%")
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.operations.deeds.rollout import roll_out

    try:
        if arguments.skill:
            try:
                await roll_out(
                    fabric(),
                    operator.here(),
                    arguments.skill,
                    arguments.version,
                    share(arguments.share),
                    bots=[bot for bot in arguments.bots.split(",") if bot],
                    reason=arguments.reason,
                )
            except PermanentError as error:
                raise ConfigurationError(error.detail) from None
        found = (await fabric().rollouts.read()).values()
    finally:
        await fabric().close()
    if arguments.json:
        print(json.dumps([asdict(one) for one in found]))
        return 0
    lines = [
        f"{one.skill} {one.version}: {one.share:.4%} of the conversations"
        + (f" of {', '.join(one.bots)}" if one.bots else "")
        + (f" ({one.by}: {one.reason})" if one.reason else f" ({one.by})")
        for one in found
    ]
    print("\n".join(lines) or "nothing is rolled out: every conversation has the first version")
    return 0


def share(text: str) -> float:
    """`10%` or `10` as 0.1. Raises ConfigurationError for what is no share."""
    try:
        found = float(text.removesuffix("%")) / 100
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise ConfigurationError(f"--share is {text[:20]!r}; write 0% to 100%")
    return found
