"""All that one simulation has: a store, a bus, a receiver, processes, and bad weather."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import TYPE_CHECKING

from chaos.clock import Clock
from chaos.faults import Fault, Plan, Point
from chaos.memory_bus import MemoryBus
from chaos.memory_store import MemoryStore
from chaos.process import Process, host
from chaos.receiver import Receiver
from chaos.scenario import BOT, Input
from shared.activity import Activity, ConversationReference
from shared.fabric import Fabric
from shared.governance.limits.admission import Admission
from shared.governance.limits.bulkhead import Bulkheads
from shared.pipeline.door import accept
from shared.ports.bus import Delivery
from shared.ports.channel import Inbound
from shared.ports.store import Store
from shared.queues import DEAD_LETTERS, EVENTS, OUTBOUND, skill_queue

if TYPE_CHECKING:
    from chaos.controls import Defect

WORKERS = 2
SWEEP_SECONDS = 60.0
DOOR = "door"

Host = Callable[[Process, Delivery], Awaitable[None]]


class World:
    """One process takes messages in, `WORKERS` work them; who dies is replaced.

    `acknowledged` is what the door has accepted, by conversation and in order: the promise is
    about these. `timeline` tells what happened to whom, for people.
    """

    def __init__(
        self, fabric: Fabric, clock: Clock, plan: Plan, rng: Random, defect: "Defect | None" = None
    ) -> None:
        self.fabric = fabric
        fabric.admission, fabric.bulkheads = Admission(), Bulkheads()
        self.clock = clock
        self.plan = plan
        self.rng = rng
        self.store: Store = MemoryStore(clock.time)
        self.bus = MemoryBus(clock.time)
        self.receiver = Receiver()
        self.host: Host = host
        self.queues = [*map(skill_queue, fabric.skills), EVENTS, OUTBOUND, DEAD_LETTERS]
        self.acknowledged: dict[str, list[Input]] = {}
        self.timeline: list[str] = []
        self.points = 0
        self.struck = 0
        self._down: dict[str, float] = {}
        self.processes: dict[str, Process] = {}
        if defect is not None:
            defect.enter(self)

    def start(self) -> None:
        """Bring the processes up, and the timer that one of them always runs."""
        for name in (DOOR, *(f"worker-{n}" for n in range(1, WORKERS + 1))):
            self._up(name, 0)
        asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._minute)

    def died(self, process: Process) -> None:
        self.note(process.name, "killed")
        delay = self.rng.uniform(0.2, 3.0)
        again = process.generation + 1
        asyncio.get_running_loop().call_later(delay, self._up, process.name, again)

    def strike(self, process: Process, name: str, possible: Sequence[Fault]) -> Fault | None:
        """What happens at this point of a process."""
        self.points += 1
        fault = self.plan.choose(Point(self.points, process.name, name, possible))
        if fault is not None:
            self.struck += 1
            self.note(process.name, f"{fault.value} {name} (point {self.points})")
        return fault

    def latency(self) -> float:
        """Seconds that a call takes: it is what puts concurrent work in an order."""
        return self.rng.uniform(0.001, 0.01)

    def take_down(self, port: str, seconds: float) -> None:
        self.note(port, f"down for {seconds:.0f} s")
        self._down[port] = self.clock.now + seconds

    def is_down(self, port: str) -> bool:
        return self._down.get(port, 0.0) > self.clock.now

    async def post(self, said: Input) -> bool:
        """What a channel does with one message: post it; whether it was acknowledged."""
        door = self.processes.get(DOOR)
        if door is None or door.dead:
            await asyncio.sleep(0.01)
            return False
        task = door.spawn(_take_in(door, self.inbound(said)))
        await asyncio.wait([task])
        return not task.cancelled() and task.exception() is None

    async def say(self, said: Input) -> None:
        """Post until it is acknowledged, as channels do."""
        while not await self.post(said):
            await asyncio.sleep(self.rng.uniform(0.5, 5.0))
        self.acknowledged.setdefault(said.conversation, []).append(said)

    def inbound(self, said: Input) -> Inbound:
        activity = Activity(type="message", id=said.id, text=said.text)
        return Inbound(self.fabric.bots[BOT], _reference(said.conversation, said.id), activity)

    def key(self, conversation: str) -> str:
        return _reference(conversation).key

    async def rest(self) -> None:
        """Return when nothing is left to do: no message, no effect."""
        while not self.bus.empty or await self.store.find(None, "outbox:", limit=1):
            await asyncio.sleep(2)

    def _up(self, name: str, generation: int) -> None:
        process = self.processes[name] = Process(self, name, generation)
        if name != DOOR:
            process.spawn(process.serve())

    def _minute(self) -> None:
        workers = [p for p in self.processes.values() if p.name != DOOR and not p.dead]
        if workers:
            workers[0].spawn(workers[0].sweep())
        asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._minute)

    def note(self, who: str, what: str) -> None:
        self.timeline.append(f"{self.clock.now:9.3f} s  {who}: {what}")


def _reference(conversation: str, reply_to: str = "") -> ConversationReference:
    return ConversationReference(BOT, "web", conversation, "ann", reply_to=reply_to)


async def _take_in(door: Process, inbound: Inbound) -> None:
    await accept.accept(door.fabric, [inbound])
    await door.visit("before acknowledge")
