"""Which cases `botfabric eval` holds."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shared.bot import Bot
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from evaluation.case import Case


def chosen_cases(
    arguments: argparse.Namespace, bots: Mapping[str, Bot], bots_dir: Path
) -> "dict[str, list[Case]]":
    """The cases of each bot that is meant. Raises ConfigurationError for a bot without any."""
    from evaluation.case import load

    if arguments.release and (arguments.only or arguments.models):
        raise ConfigurationError("--release keeps all cases; leave --only and --models out")
    if arguments.bot != "all" and arguments.bot not in bots:
        raise ConfigurationError(
            f"there is no bot {arguments.bot!r}; write all, or one of {', '.join(bots)}"
        )
    chosen = {}
    for bot in _meant(arguments, bots, bots_dir):
        path = bots_dir / f"{bot.id}.cases.jsonl"
        cases = load(path, bot.id, bots) if path.exists() else []
        if not cases and (arguments.bot != "all" or bot.evaluation.floor is not None):
            floor = "" if bot.evaluation.floor is None else ", and evaluation.floor wants some"
            raise ConfigurationError(f"bot {bot.id}: no case in {path}{floor}; write one a line")
        if only := arguments.only:
            cases = [case for case in cases if only in (case.group, case.id)]
        if cases:
            chosen[bot.id] = cases
    if not chosen and not arguments.since:
        raise ConfigurationError(f"no case to hold; write some into {bots_dir}/<bot>.cases.jsonl")
    return chosen


def _meant(arguments: argparse.Namespace, bots: Mapping[str, Bot], bots_dir: Path) -> Sequence[Bot]:
    """The bots whose cases are held. Tell why, where it is not all of them."""
    from evaluation.changed import changed_bots, changed_paths

    if arguments.bot != "all":
        if arguments.since:
            raise ConfigurationError("--since picks among all bots; write all")
        return [bots[arguments.bot]]
    if not arguments.since:
        return list(bots.values())
    changed = changed_bots(changed_paths(bots_dir.resolve().parent, arguments.since), bots)
    if not arguments.json:
        for id, path in changed.items():
            print(f"{id}: changed since {arguments.since}: {path}")
        if not changed:
            print(f"no bot has changed since {arguments.since}")
    return [bots[id] for id in changed]
