"""Whatever is done to the product, in whatever order: it stays within a plain model."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import ExitStack
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chaos.clock import Clock
from chaos.controls import Defect, NoSeenMarker
from chaos.faults import Fault, Point
from chaos.scenario import KINDS, Input, expected
from chaos.stage import audit, base_fabric, overheard, simulated
from chaos.verdict import PLATFORM_WORDS, judge
from chaos.world import DOOR, WORKERS, World
from shared.operations.reports.books import balanced

PROCESSES = [DOOR, *(f"worker-{n}" for n in range(1, WORKERS + 1))]
MISHAPS = 6
"""At most, of those that may cost a delivery: a broker gives a message up after ten."""


class Next:
    """The next point that can have it gets the fault that was asked for."""

    wanted: Fault | None = None

    def choose(self, point: Point) -> Fault | None:
        if self.wanted not in point.possible:
            return None
        fault, self.wanted = self.wanted, None
        return fault


class Promises(RuleBasedStateMachine):
    """`said` is the model: what people have said, in order; all else follows from it."""

    defect: Defect | None = None

    def __init__(self) -> None:
        super().__init__()
        self.inside = ExitStack()
        self.clock, self.plan, self.mishaps = Clock(), Next(), 0
        rng = Random(0)
        self.loop = self.inside.enter_context(simulated(self.clock, rng))
        self.unordered = self.inside.enter_context(overheard())
        self.world = World(base_fabric(), self.clock, self.plan, rng, self.defect)
        self.said: dict[str, list[Input]] = defaultdict(list)
        self.mouths: dict[str, asyncio.Task[None]] = {}
        self.do(self.begin())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def begin(self) -> None:
        self.world.start()

    async def after(self, action: Any = None, seconds: float = 0.0) -> None:
        if action is not None:
            action()
        await asyncio.sleep(seconds)

    @rule(conversation=st.sampled_from("ab"), kind=st.sampled_from(KINDS))
    def ingest(self, conversation: str, kind: str) -> None:
        said = Input(conversation, f"{conversation}{len(self.said[conversation])}", kind)
        self.said[conversation].append(said)
        before = self.mouths.get(conversation)
        self.mouths[conversation] = self.loop.create_task(self.speak(said, before))
        self.do(self.after())

    async def speak(self, said: Input, before: "asyncio.Task[None] | None") -> None:
        """People say one thing after the other."""
        if before is not None:
            await before
        await self.world.say(said)

    @precondition(lambda self: any(self.world.acknowledged.values()))
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        known = [said for inputs in self.world.acknowledged.values() for said in inputs]
        copy = data.draw(st.sampled_from(known))
        self.mouths[f"copy {len(self.mouths)}"] = self.loop.create_task(self.post(copy))
        self.do(self.after())

    async def post(self, said: Input) -> None:
        await self.world.post(said)

    @precondition(lambda self: self.mishaps < MISHAPS)
    @rule(name=st.sampled_from(PROCESSES))
    def crash(self, name: str) -> None:
        self.mishaps += 1
        self.do(self.after(self.world.processes[name].kill))

    @precondition(lambda self: self.mishaps < MISHAPS)
    @rule(name=st.sampled_from(PROCESSES))
    def expire_locks(self, name: str) -> None:
        self.mishaps += 1
        self.world.bus.expire(self.world.processes[name].owner)

    @precondition(lambda self: self.mishaps < MISHAPS)
    @rule(fault=st.sampled_from([Fault.DOWN, Fault.LOST, Fault.STALL, Fault.CRASH, Fault.THROTTLE]))
    def one_call_fails(self, fault: Fault) -> None:
        self.mishaps += 1
        self.plan.wanted = fault

    @rule(port=st.sampled_from(["channel", "model"]), seconds=st.integers(1, 60))
    def outage(self, port: str, seconds: int) -> None:
        self.world.take_down(port, seconds)

    @precondition(lambda self: self.mishaps < MISHAPS - 2)
    @rule(port=st.sampled_from(["store", "bus"]))
    def short_outage(self, port: str) -> None:
        self.mishaps += 3
        self.world.take_down(port, 1.0)

    @rule(seconds=st.sampled_from([0.003, 0.01, 0.03, 0.1, 1.0, 20.0, 90.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.do(self.after(seconds=seconds))

    @invariant()
    def people_hear_the_beginning_of_what_they_must_hear(self) -> None:
        for conversation, inputs in self.said.items():
            if self.world.key(conversation) in self.unordered:
                continue
            heard = self.world.receiver.heard(conversation)
            spoken = [t for t in heard if not t.startswith("told ") and t not in PLATFORM_WORDS]
            assert spoken == expected(inputs).spoken[: len(spoken)]

    @invariant()
    def the_books_balance_at_every_moment(self) -> None:
        books = self.do(audit(self.world))
        assert balanced(books)
        acknowledged = sum(map(len, self.world.acknowledged.values()))
        assert acknowledged <= books["accepted"] <= sum(map(len, self.said.values()))
        assert self.world.receiver.repeated <= books["repeated"]

    def teardown(self) -> None:
        with self.inside:
            self.plan.wanted = None
            self.do(self.to_rest())
            books = self.do(audit(self.world))
            places = {c for c in self.said if self.world.key(c) in self.unordered}
            found = judge(self.said, self.world.receiver, books, places)
            assert not found, "\n".join([*map(str, found), *self.world.timeline])

    async def to_rest(self) -> None:
        async with asyncio.timeout(1200):
            await asyncio.gather(*self.mouths.values())
            await self.world.rest()


class Forgetful(Promises):
    defect = NoSeenMarker()


OPTIONS = settings(
    max_examples=60, stateful_step_count=30, deadline=None, derandomize=True, database=None
)
TestPromises = Promises.TestCase
TestPromises.settings = OPTIONS


def test_the_machine_notices_a_defect() -> None:
    quick = settings(OPTIONS, phases=[Phase.generate], max_examples=1000)  # it takes 4 to 120
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Forgetful, settings=quick)
