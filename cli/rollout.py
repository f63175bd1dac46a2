"""`botfabric rollout`: a share of the conversations gets another version of a skill or a bot."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cli import console_log, operator, report
from shared.errors import ConfigurationError, PermanentError

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.governance.limits.rollouts import Rollout
    from shared.operations.reports.versions import Comparison

HEADER = (
    *("version", "conversations", "turns", "to a person", "p50 s", "p95 s"),
    *("USD", "failed", "of"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name",
        metavar="SKILL|BOT",
        nargs="?",
        help="of a bot: its manifest; alone: its versions beside each other",
    )
    parser.add_argument("version", metavar="VERSION", nargs="?")
    parser.add_argument("--share", metavar="N%", help="of the conversations; 0%% rolls back")
    parser.add_argument("--bots", default="", metavar="A,B", help="only conversations of these")
    parser.add_argument(
        "--reason", default="", metavar="TEXT", help="kept in the audit; of a bot it is needed"
    )
    parser.add_argument(
        "--kind",
        choices=("bot", "skill"),
        help="which is meant when they share a name",
    )
    parser.add_argument(
        "--stop-above", metavar="N%", help="roll back by itself when more of its turns fail"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace, root: Path) -> int:
    changes = arguments.version or arguments.share or arguments.stop_above
    if changes and not (arguments.version and arguments.share):
        raise ConfigurationError("write a version and a share: rollout SKILL v2 --share 10%")
    if arguments.bots and arguments.kind == "bot":
        raise ConfigurationError("--bots belongs to a skill; a bot's manifest is its own")
    console_log.configure(quiet=True)
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    import function_app  # noqa: F401
    from functions.host import fabric

    try:
        if arguments.version:
            await _change(fabric(), arguments)
        elif arguments.name:
            return await _compare(fabric(), arguments)
        found = list((await fabric().rollouts.read()).values())
    except PermanentError as error:
        raise ConfigurationError(error.detail) from None
    finally:
        await fabric().close()
    print(json.dumps([asdict(one) for one in found]) if arguments.json else _listed(found))
    return 0


async def _change(fabric: "Fabric", arguments: argparse.Namespace) -> None:
    from shared.operations.deeds.rollout import roll_out, roll_out_manifest

    wanted = share("--share", arguments.share)
    stop_above = share("--stop-above", arguments.stop_above or "0%")
    who, version, reason = operator.here(), arguments.version, arguments.reason
    if not _is_bot(fabric, arguments):
        bots = [bot for bot in arguments.bots.split(",") if bot]
        await roll_out(
            *(fabric, who, arguments.name, version, wanted),
            bots=bots,
            reason=reason,
            stop_above=stop_above,
        )
        return
    if arguments.bots:
        raise ConfigurationError("--bots belongs to a skill; a bot's manifest is its own")
    if not reason.strip():
        raise ConfigurationError('write --reason "...": it is kept beside what the bot says')
    await roll_out_manifest(
        *(fabric, who, arguments.name, version, wanted), reason=reason, stop_above=stop_above
    )


def _is_bot(fabric: "Fabric", arguments: argparse.Namespace) -> bool:
    """Whether a bot is meant: a skill goes first, unless --kind says otherwise."""
    if arguments.kind:
        return bool(arguments.kind == "bot")
    return arguments.name not in fabric.skills and arguments.name in fabric.bots


async def _compare(fabric: "Fabric", arguments: argparse.Namespace) -> int:
    from shared.operations.reports.turns import Scope
    from shared.operations.reports.versions import compare, compare_manifests

    compares = compare_manifests if _is_bot(fabric, arguments) else compare
    found = await compares(fabric, Scope(), arguments.name)
    print(json.dumps(asdict(found)) if arguments.json else _compared(found))
    return 0


def _listed(found: Sequence["Rollout"]) -> str:
    lines = [
        f"{one.bot or one.skill} {one.version}: {one.share:.4%} of the conversations"
        + (f" of {', '.join(one.bots)}" if one.bots else "")
        + (f", stops above {one.stop_above:.4g} failed" if one.stop_above else "")
        + (f" ({one.by}: {one.reason})" if one.reason else f" ({one.by})")
        for one in found
    ]
    return "\n".join(lines) or "nothing is rolled out: every conversation has the first version"


def _compared(found: "Comparison") -> str:
    rows = [
        (
            *(row.version, row.conversations, row.turns, row.handed_over),
            *(f"{row.turn_p50:.2f}", f"{row.turn_p95:.2f}", f"{row.usd:.4f}"),
            *(row.failed, row.tried),
        )
        for row in found.versions
    ]
    first = (
        f"{found.bot or found.skill}: {found.share:.4%} of the conversations get {found.version}"
    )
    who = f" ({found.by}: {found.reason})" if found.reason else f" ({found.by})"
    return f"{first}{who if found.by else ''}\n{report.table(HEADER, rows)}"


def share(option: str, text: str) -> float:
    """`10%` or `10` as 0.1. Raises ConfigurationError for what is no share."""
    from shared.governance.limits.rollouts import share_of

    try:
        return share_of(text)
    except ValueError:
        raise ConfigurationError(f"{option} is {text[:20]!r}; write 0% to 100%") from None
