"""Deterministic runs: the real handlers on ports in memory, in virtual time, by a seed."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from chaos.clock import Clock, Idle
from chaos.faults import Dice, Fault, Once, Plan, Point, Quiet
from chaos.scenario import BOT, FILE, TALK, Input, inputs
from chaos.stage import audit, base_fabric, overheard, simulated, unharmed
from chaos.verdict import ENDS, Violation, judge
from chaos.world import World
from shared.governance.audit import Operator
from shared.operations.deeds import switches as kill_switch

if TYPE_CHECKING:
    from chaos.controls import Defect

OPERATOR = Operator("operator", "simulation")

LONGEST = 1200.0
"""Virtual seconds after which a run has not come to an end."""

CHAIN = [[Input("c0", "c0m0", FILE), Input("c0", "c0m1", TALK)]]
"""The three-hop chain: message, hand_off, emit, event skill, reply; and one message behind it."""


@dataclass(frozen=True)
class Outcome:
    """One run: what it broke, and enough to run it again and to see why."""

    label: str
    violations: Sequence[Violation]
    books: dict[str, int]
    repeated: int
    points: int
    faults: int
    seconds: float
    timeline: Sequence[str] = field(repr=False)


def exhaustive() -> Iterator[Outcome]:
    """The chain once without a fault, then once for each fault that each point may have."""
    plan = Quiet()
    yield run("no fault", CHAIN, plan, Random(0))
    for point in plan.points:
        for fault in point.possible:
            yield run(describe(point, fault), CHAIN, Once(point.number, fault), Random(0))


def detect(defect: "Defect", seeds: Sequence[int]) -> Outcome | None:
    """The first run in which the promise that a defect breaks is seen to be broken, or None."""
    for outcome in (seeded(seed, defect) for seed in seeds):
        if any(violation.promise == defect.breaks for violation in outcome.violations):
            return outcome
    return None


def describe(point: Point, fault: Fault) -> str:
    return f"{fault.value} at point {point.number}: {point.process} {point.name}"


def seeded(seed: int, defect: "Defect | None" = None) -> Outcome:
    """A run in which everything is drawn from `seed`: the talk, the timing, the faults."""
    rng = Random(seed)
    talks = inputs(rng, conversations=rng.randint(1, 3), messages=4)
    plan = Dice(Random(rng.random()))
    return run(f"seed {seed}", talks, plan, rng, defect, weather=True)


def run(
    label: str,
    talks: Sequence[Sequence[Input]],
    plan: Plan,
    rng: Random,
    defect: "Defect | None" = None,
    *,
    weather: bool = False,
) -> Outcome:
    """Hold the conversations `talks` under a plan of faults, and judge what came of it."""
    clock = Clock()
    flaw = defect.patched() if defect else nullcontext()
    with simulated(clock, rng) as loop, overheard() as unordered, flaw:
        world = World(base_fabric(), clock, plan, rng, defect)
        violations: list[Violation] = []
        try:
            loop.run_until_complete(_live(world, talks, weather=weather))
        except (TimeoutError, Idle):
            violations.append(Violation(ENDS, f"not at rest after {clock.now:.0f} s"))
        count = loop.run_until_complete(audit(world))
        places = {c for c in world.acknowledged if world.key(c) in unordered}
        violations += judge(world.acknowledged, world.receiver, count, places)
        return Outcome(
            label,
            violations,
            count,
            world.receiver.repeated,
            world.points,
            world.struck,
            clock.now,
            world.timeline,
        )


async def _live(world: World, talks: Sequence[Sequence[Input]], *, weather: bool) -> None:
    world.start()
    async with asyncio.timeout(LONGEST):
        if weather and world.rng.random() < 0.4:
            _outage(world)
        operator = asyncio.create_task(_operate(world)) if weather else None
        copies = await asyncio.gather(*(_converse(world, talk, weather) for talk in talks))
        await asyncio.gather(*(task for tasks in copies for task in tasks))
        if operator is not None:
            await operator
        await world.rest()


def _outage(world: World) -> None:
    port = world.rng.choice(("store", "bus", "channel", "model"))
    seconds = world.rng.uniform(1, 3 if port in ("store", "bus") else 60)
    begin = world.rng.uniform(0, 2)
    asyncio.get_running_loop().call_later(begin, world.take_down, port, seconds)


async def _operate(world: World) -> None:
    """In some runs, stop the bot or a skill for a while; the start may end half way."""
    rng, fabric = world.rng, unharmed(world)
    if rng.random() > 0.3:
        return
    kind, name = rng.choice([("bot", BOT), *(("skill", skill) for skill in fabric.skills)])
    await asyncio.sleep(rng.uniform(0, 2))
    await kill_switch.switch(fabric, OPERATOR, "stop", kind, name)
    world.note("operator", f"stops {kind} {name}")
    await asyncio.sleep(rng.uniform(0.5, 20))
    world.note("operator", f"starts {kind} {name}")
    if rng.random() < 0.8:
        await kill_switch.switch(fabric, OPERATOR, "start", kind, name)
    else:
        await fabric.switches.start(kind, name)


async def _converse(
    world: World, talk: Sequence[Input], weather: bool
) -> list["asyncio.Task[bool]"]:
    """Say one thing after the other, sometimes at once, sometimes twice; the late copies."""
    rng, copies = world.rng, []
    for said in talk:
        await world.say(said)
        if weather and rng.random() < 0.2:
            copies.append(asyncio.create_task(_again(world, said, rng.expovariate(0.2))))
        if weather and rng.random() < 0.5:
            await asyncio.sleep(rng.expovariate(1.0))
    return copies


async def _again(world: World, said: Input, seconds: float) -> bool:
    """The channel posts a copy of what was acknowledged, and does not insist."""
    await asyncio.sleep(seconds)
    return await world.post(said)
