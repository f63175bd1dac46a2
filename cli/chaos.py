"""`botfabric chaos`: break the product on purpose, and say whether it kept its promises."""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import randrange
from typing import TYPE_CHECKING, Any

from cli.numbers import whole
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chaos.drill import Report
    from chaos.simulation import Outcome

SEEDS = 500
CONTROL_SEEDS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed",
        type=whole(0),
        metavar="N",
        help="the first seed; alone, this one run and its story; with --processes, the drill's",
    )
    parser.add_argument(
        "--seeds",
        type=whole(1),
        metavar="COUNT",
        help=f"how many runs by seed (default {SEEDS})",
    )
    parser.add_argument(
        "--exhaustive", action="store_true", help="only every fault at every point of a chain"
    )
    parser.add_argument(
        "--controls",
        action="store_true",
        help="only the defects to be noticed; with --exhaustive, both",
    )
    parser.add_argument(
        "--processes", action="store_true", help="real processes, killed while people talk"
    )
    parser.add_argument(
        "--long", action="store_true", help="the same with 20,000 inputs and 4 outages"
    )
    parser.add_argument(
        "--inputs", type=whole(1), metavar="N", help="with --processes or --long: so many inputs"
    )
    parser.add_argument(
        "--as-configured",
        action="store_true",
        help="with --processes or --long: on FABRIC_BUS_URL and FABRIC_STORE_URL, which must "
        "hold nothing",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """0 when all promises held; 1 with the seed and the promise that did not."""
    _check(arguments)
    result = Result(quiet=arguments.json)
    seed = randrange(2**31) if arguments.seed is None else arguments.seed
    if arguments.processes or arguments.long:
        _processes(arguments, seed, result)
    elif arguments.exhaustive or arguments.controls:
        if arguments.exhaustive:
            _chain(result)
        if arguments.controls:
            _controls(result)
    elif arguments.seed is not None and arguments.seeds is None:
        _seeds(seed, 1, result, story=True)
    else:
        if arguments.seed is None:
            _chain(result)
            _controls(result)
        _seeds(seed, arguments.seeds or SEEDS, result)
    if arguments.json:
        body = {"held": not result.broken, "violations": result.broken, **result.numbers}
        print(json.dumps(body, indent=2))
    return 1 if result.broken else 0


def _check(arguments: argparse.Namespace) -> None:
    """Raises ConfigurationError for an argument that would change nothing."""

    def typed(*names: str) -> list[str]:
        return [f"--{name}" for name in names if vars(arguments)[name.replace("-", "_")]]

    drill = typed("processes", "long")
    parts = typed("exhaustive", "controls")
    seeds = [] if arguments.seeds is None else ["--seeds"]
    seed = [] if arguments.seed is None else ["--seed"]
    if drill and (wrong := seeds + parts):
        raise ConfigurationError(
            f"{wrong[0]} means nothing with {drill[0]}; write {drill[0]} with any of --seed, "
            "--inputs, --as-configured"
        )
    if not drill and (wrong := typed("inputs", "as-configured")):
        raise ConfigurationError(f"{wrong[0]} is for real processes; add --processes or --long")
    if parts and (wrong := seed + seeds):
        raise ConfigurationError(
            f"{wrong[0]} means nothing with {parts[0]}, which draws nothing by seed; leave one out"
        )


@dataclass
class Result:
    """What was found: violations, and numbers by the part of the kit that made them."""

    quiet: bool
    broken: list[dict[str, str]] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)

    def say(self, line: str) -> None:
        if not self.quiet:
            print(line, flush=True)

    def blame(self, run: str, promise: str, detail: str) -> None:
        self.broken.append({"run": run, "promise": promise, "detail": detail})
        self.say(f"  BROKEN in {run}\n    {promise}: {detail}")


def _chain(result: Result) -> None:
    from chaos.simulation import exhaustive

    _tell("chain", "every fault at every point of a three-hop chain", exhaustive(), result)


def _seeds(first: int, count: int, result: Result, *, story: bool = False) -> None:
    from chaos.simulation import seeded

    what = f"seed {first}" if count == 1 else f"seeds {first} to {first + count - 1}"
    outcomes: list[Outcome] = []

    def runs() -> "Iterator[Outcome]":
        for seed in range(first, first + count):
            outcome = seeded(seed)
            if story or outcome.violations:
                outcomes.append(outcome)
            yield outcome

    _tell("seeds", what, runs(), result)
    result.numbers["seeds"]["first"] = first
    for outcome in outcomes:
        if story:
            result.say("\n".join(outcome.timeline))
        else:
            result.say(f"  again: botfabric chaos --seed {outcome.label.split()[1]}")


def _tell(part: str, what: str, outcomes: "Iterable[Outcome]", result: Result) -> None:
    started, before = time.perf_counter(), len(result.broken)
    numbers = dict.fromkeys(("runs", "faults", "points", "accepted", "dead", "repeated"), 0)
    for outcome in outcomes:
        numbers["runs"] += 1
        numbers["faults"] += outcome.faults
        numbers["points"] += outcome.points
        numbers["accepted"] += outcome.books["accepted"]
        numbers["dead"] += outcome.books["dead"]
        numbers["repeated"] += outcome.repeated
        for violation in outcome.violations:
            result.blame(outcome.label, violation.promise, violation.detail)
    if not numbers["runs"]:
        result.blame(part, "something is run", "no run at all shows nothing")
    seconds = round(time.perf_counter() - started, 1)
    result.numbers[part] = {**numbers, "seconds": seconds}
    held = "all promises held" if len(result.broken) == before else "PROMISES BROKEN"
    result.say(
        f"{what}: {numbers['runs']} runs, {numbers['faults']} faults, "
        f"{numbers['accepted']} inputs, {numbers['repeated']} sends repeated and counted, "
        f"{seconds} s: {held}"
    )


def _controls(result: Result) -> None:
    """A defect that is not noticed is the harness's own failure."""
    from chaos.controls import CONTROLS
    from chaos.simulation import detect

    noticed = {}
    for defect in CONTROLS:
        outcome = detect(defect, range(CONTROL_SEEDS))
        noticed[defect.name] = outcome.label if outcome else None
        if outcome is None:
            result.blame(f"control {defect.name}", "a defect is noticed", defect.purpose)
        else:
            result.say(f"control {defect.name}: noticed ({outcome.label})")
    result.numbers["controls"] = noticed


def _processes(arguments: argparse.Namespace, seed: int, result: Result) -> None:
    from chaos.drill import LONG, Orders, drill
    from chaos.grounds import Grounds

    orders = LONG if arguments.long else Orders()
    if arguments.inputs is not None:
        orders = replace(orders, inputs=arguments.inputs)
    grounds = Grounds.configured() if arguments.as_configured else Grounds()
    if arguments.as_configured and grounds.embedded("bus") and grounds.embedded("store"):
        raise ConfigurationError(
            "--as-configured, but nothing is: set FABRIC_BUS_URL, FABRIC_STORE_URL, or both"
        )
    report: Report = asyncio.run(drill(seed, orders, grounds=grounds))
    result.numbers["processes"] = {"seed": seed, **report.counts, "books": report.books}
    for line in report.events:
        result.say(line)
    for violation in report.violations:
        result.blame(f"processes, seed {seed}", violation.promise, violation.detail)
    for name, number in {**report.counts, **report.books}.items():
        result.say(f"{name.replace('_', ' '):<16} {number:>10,}")
    result.say("PROMISES BROKEN" if report.violations else "all promises held")
