"""`botfabric eval`: a bot's own cases, held through the real pipeline, against its floor."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from cli import console_log
from cli.eval_cases import chosen_cases
from cli.list import table
from cli.numbers import seconds
from cli.own_place import own_place
from shared.errors import ConfigurationError, PermanentError

if TYPE_CHECKING:
    from evaluation.case import Case
    from evaluation.cassette import Cassette
    from evaluation.comparison import Contender
    from evaluation.models import Watched
    from evaluation.run import Run
    from evaluation.stage import Held, Stage
    from shared.fabric import Fabric

MODELS = ("FABRIC_AI_URL", "FABRIC_AI_MODELS", "FABRIC_AI_KEY")
"""Left aside when a cassette answers: a replay needs no key and no network."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bot", metavar="BOT|all", help="id of the bot; all: each that has cases")
    parser.add_argument(
        "--since", metavar="REF", help="with all: those alone that have changed since this commit"
    )
    parser.add_argument(
        "--with",
        dest="version",
        metavar="NAME=VERSION",
        help="as if all had this version of a bot or skill; below the floor its rollout stops",
    )
    parser.add_argument("--only", metavar="GROUP|ID", help="these cases alone; no floor then")
    parser.add_argument(
        "--show", choices=("none", "failed", "all"), default="failed", help="turns to print"
    )
    parser.add_argument(
        "--release", metavar="VERSION", help="keep the result as that of this release"
    )
    tape = parser.add_mutually_exclusive_group()
    tape.add_argument(
        "--record", action="store_true", help="keep what the models say in a cassette"
    )
    tape.add_argument(
        "--replay", action="store_true", help="no model is asked: all they say is the cassette's"
    )
    parser.add_argument(
        "--models", metavar="A,B", help="hold the cases with each of these aliases, side by side"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=seconds(), default=120, help="seconds a round may take"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when a bot is below its floor or a case could not be held."""
    console_log.configure(quiet=True)
    for name in MODELS if arguments.replay else ():
        os.environ.pop(name, None)
    if arguments.version and (arguments.only or arguments.models or arguments.release):
        raise ConfigurationError("--with holds all cases; leave --only, --models, --release out")
    platform = dict(os.environ)
    with own_place("eval"):
        found = asyncio.run(_evaluate(arguments, root))
    if arguments.version and not all(one.run.passed for one in found):
        asyncio.run(_stop(platform, arguments.version, found))
    if arguments.json:
        bots = [one.to_dict() for one in found]
        print(json.dumps({"bots": bots}, ensure_ascii=False))
    else:
        print("\n\n".join(_reports(found)))
    unasked = arguments.models and any(one.unasked for one in found)
    return 0 if all(one.run.passed for one in found) and not unasked else 1


async def _evaluate(arguments: argparse.Namespace, root: Path) -> "list[Contender]":
    from cli.function import load_functions
    from cli.host import Host
    from cli.host_json import HostJson
    from cli.warm import warm
    from evaluation.cassette import Cassette
    from evaluation.models import Watched
    from evaluation.redacted import secrets_of
    from evaluation.score import keep_release, release_file
    from evaluation.stage import Stage

    limits = HostJson.load(root / "host.json")
    functions = load_functions(limits.function_timeout)
    from functions.host import fabric

    if arguments.version:
        await _give_to_all(fabric(), arguments.version)
    bots_dir = fabric().settings.bots_dir
    chosen = chosen_cases(arguments, fabric().bots, bots_dir)
    models = Watched(None if arguments.replay else fabric().ai.models)
    fabric().ai.models = models
    host = Host(functions, limits, fabric())
    found = []
    try:
        await warm(fabric(), [fabric().bots[id] for id in chosen])
        host.start_triggers()
        for id, cases in chosen.items():
            path, secrets = bots_dir / f"{id}.cassette.jsonl", secrets_of(os.environ)
            cassette = None
            if arguments.record or arguments.replay:
                blank = Cassette(path, secrets)
                cassette = blank if arguments.record else Cassette.load(path, secrets)
            stage = Stage(
                fabric(),
                lambda: host.idle,
                round_seconds=arguments.timeout,
                check=cassette.check if cassette else lambda: None,
            )
            found += await _contest(
                arguments,
                fabric=fabric(),
                stage=stage,
                models=models,
                cassette=cassette,
                cases=cases,
            )
            if cassette and arguments.record:
                cassette.save()
    finally:
        await host.stop()
    for one in found:
        if arguments.release and one.run.passed:
            file = release_file(bots_dir, one.run.score.bot)
            keep_release(file, arguments.release, one.run.score)
    return found


async def _give_to_all(fabric: "Fabric", version: str) -> None:
    """Roll a version out, in the own place, to every conversation."""
    from cli import operator
    from shared.operations.deeds.rollout import roll_out, roll_out_manifest

    name, _, wanted = version.partition("=")
    try:
        if name in fabric.bots and name not in fabric.skills:
            await roll_out_manifest(fabric, operator.here(), name, wanted, 1.0, reason="eval")
        else:
            await roll_out(fabric, operator.here(), name, wanted, 1.0)
    except PermanentError as error:
        raise ConfigurationError(f"--with {version}: {error.detail}") from None


async def _stop(platform: dict[str, str], version: str, found: "Sequence[Contender]") -> None:
    """Take the version's share back, where the settings of the platform lead."""
    from functions.host import SKILLS
    from shared.fabric import Fabric
    from shared.operations.deeds.rollout import stop_below_floor
    from shared.settings import Settings

    name, _, wanted = version.partition("=")
    fallen = [one.run for one in found if not one.run.passed]
    reason = f"the cases of {fallen[0].summary.partition(';')[0]}"
    fabric = Fabric(Settings.from_environ(platform), SKILLS)
    try:
        if await stop_below_floor(fabric, name, wanted, reason):
            print(f"{name} {wanted} gets no conversation any more", file=sys.stderr)
    finally:
        await fabric.close()


async def _contest(
    arguments: argparse.Namespace,
    *,
    fabric: "Fabric",
    stage: "Stage",
    models: "Watched",
    cassette: "Cassette | None",
    cases: "Sequence[Case]",
) -> "list[Contender]":
    """Hold the cases of one bot with each model that is meant."""
    from evaluation.comparison import Contender, Spent
    from evaluation.run import Run
    from evaluation.score import Score, load_release, release_file

    bot = fabric.bots[cases[0].bot]
    release = load_release(release_file(fabric.settings.bots_dir, bot.id))
    floor = None if arguments.only else bot.evaluation.floor
    contenders = []
    for alias in arguments.models.split(",") if arguments.models else [bot.model]:
        models.begin(cassette)
        models.named(alias)  # raises for one that is not there
        fabric.bots[bot.id] = replace(bot, model=alias)
        held = []
        async for one in stage.hold(cases, alias if arguments.models else ""):
            held.append(one)
            if not arguments.json:
                _show(one, arguments.show)
        run = Run(Score.of(bot.id, held), floor, release, held)
        spent = Spent.of(models.calls, fabric.prices, time())
        contenders.append(Contender(alias, run, spent))
    fabric.bots[bot.id] = bot
    return contenders


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


def _reports(found: "Sequence[Contender]") -> list[str]:
    """A table by group for each run; below those of several models of a bot, one of the models."""
    reports = []
    for bot, group in groupby(found, key=lambda one: one.run.score.bot):
        contenders = list(group)
        reports += [_report(one.run) for one in contenders]
        if len(contenders) > 1:
            reports.append(table(f"{bot}: models", [one.row() for one in contenders]))
            reports += [one.unasked for one in contenders if one.unasked]
    return reports


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
