"""`botfabric eval`: a bot's own cases, held through the real pipeline, against its floor."""

import argparse
import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cli import console_log
from cli.list import table
from cli.numbers import seconds
from shared.bot import Bot
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from evaluation.case import Case
    from evaluation.run import Run
    from evaluation.stage import Held

OWN_PLACE = {
    "FABRIC_ENVIRONMENT": "local",
    "FABRIC_TRACES": "off",
    "FABRIC_SQLITE_SYNCHRONOUS": "NORMAL",  # what is thrown away need not survive a power cut
}
ELSEWHERE = (
    *("FABRIC_STORE_URL", "FABRIC_BUS_URL", "FABRIC_EVENTS_URL"),
    *("ServiceBusConnection", "AzureWebJobsStorage"),
)
"""Settings that are left aside: cases are held with an empty store and bus of their own."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bot", metavar="BOT|all", help="id of the bot; all: each that has cases")
    parser.add_argument("--only", metavar="GROUP|ID", help="these cases alone; no floor then")
    parser.add_argument(
        "--show", choices=("none", "failed", "all"), default="failed", help="turns to print"
    )
    parser.add_argument(
        "--release", metavar="VERSION", help="keep the result as that of this release"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=seconds(), default=120, help="seconds a round may take"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when a bot is below its floor or a case could not be held."""
    console_log.configure(quiet=True)
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    with TemporaryDirectory(prefix="botfabric-eval-") as folder:
        os.environ.update(OWN_PLACE, FABRIC_DATA_DIR=folder)
        runs = asyncio.run(_evaluate(arguments, root))
    if arguments.json:
        print(json.dumps({"bots": [one.to_dict() for one in runs]}, ensure_ascii=False))
    else:
        print("\n\n".join(_report(one) for one in runs))
    return 0 if all(one.passed for one in runs) else 1


async def _evaluate(arguments: argparse.Namespace, root: Path) -> "list[Run]":
    from cli.function import load_functions
    from cli.host import Host
    from cli.host_json import HostJson
    from evaluation.run import Run
    from evaluation.score import Score, keep_release, load_release, release_file
    from evaluation.stage import Stage

    limits = HostJson.load(root / "host.json")
    functions = load_functions(limits.function_timeout)
    from functions.host import fabric

    bots_dir = fabric().settings.bots_dir
    chosen = _chosen(arguments, fabric().bots, bots_dir)
    releases = {bot: load_release(release_file(bots_dir, bot)) for bot in chosen}
    host = Host(functions, limits, fabric())
    runs = []
    try:
        host.start_triggers()
        stage = Stage(fabric(), lambda: host.idle, round_seconds=arguments.timeout)
        for id, cases in chosen.items():
            held = []
            async for one in stage.hold(cases):
                held.append(one)
                if not arguments.json:
                    _show(one, arguments.show)
            floor = None if arguments.only else fabric().bots[id].evaluation.floor
            runs.append(Run(Score.of(id, held), floor, releases[id], held))
    finally:
        await host.stop()
    for done in runs:
        if arguments.release and done.passed:
            keep_release(release_file(bots_dir, done.score.bot), arguments.release, done.score)
    return runs


def _chosen(
    arguments: argparse.Namespace, bots: Mapping[str, Bot], bots_dir: Path
) -> "dict[str, list[Case]]":
    """The cases of each bot that is meant. Raises ConfigurationError for a bot without any."""
    from evaluation.case import load

    if arguments.release and arguments.only:
        raise ConfigurationError("--release keeps all cases; leave --only out")
    if arguments.bot != "all" and arguments.bot not in bots:
        raise ConfigurationError(
            f"there is no bot {arguments.bot!r}; write all, or one of {', '.join(bots)}"
        )
    chosen = {}
    for bot in bots.values() if arguments.bot == "all" else [bots[arguments.bot]]:
        path = bots_dir / f"{bot.id}.cases.jsonl"
        cases = load(path, bot.id, bots) if path.exists() else []
        if not cases and (arguments.bot != "all" or bot.evaluation.floor is not None):
            floor = "" if bot.evaluation.floor is None else ", and evaluation.floor wants some"
            raise ConfigurationError(f"bot {bot.id}: no case in {path}{floor}; write one a line")
        if only := arguments.only:
            cases = [case for case in cases if only in (case.group, case.id)]
        if cases:
            chosen[bot.id] = cases
    if not chosen:
        raise ConfigurationError(f"no case to hold; write some into {bots_dir}/<bot>.cases.jsonl")
    return chosen


def _show(held: "Held", which: str) -> None:
    """Print a dialogue that went wrong, or any."""
    if which == "none" or (which == "failed" and held.is_whole):
        return
    print(f"{held.case.id} ({held.case.group})")
    for one in held.verdicts:
        print(f"  > {one.line.say}\n  < {_indented(one.reply.text) or '(nothing)'}")
        if cited := ", ".join(one.reply.cited):
            print(f"    cites {cited}")
        for failure in one.failures or ():
            print(f"    WRONG{', and sure of it' if one.confident else ''}: {failure}")
    print()


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _report(run: "Run") -> str:
    from evaluation.score import TOTAL

    score, release = run.score, run.release
    since = f"since {release.version}" if release else "since"
    rows = []
    for group, tally in [*score.groups.items(), (TOTAL, score.total)]:
        change = release.change(score, group) if release else None
        rows.append(
            {
                "group": group,
                **asdict(tally),
                "share": f"{tally.share:.1%}",
                since: "" if change is None else f"{change:+.1%}",
            }
        )
    return f"{table(score.bot, rows)}\n{run.summary}"
