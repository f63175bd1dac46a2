"""Real processes on one store and bus, really killed, while people talk through a real door."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientError, ClientSession

from chaos.fleet import DOOR, Fleet
from chaos.grounds import Grounds
from chaos.scenario import Input, expected, inputs
from chaos.services import Services
from chaos.verdict import ENDS, Violation, judge

MESSAGES = 6
"""Of one conversation, at most."""

ALWAYS = ("channel", "model")
"""What can be taken down on any grounds."""


@dataclass(frozen=True)
class Orders:
    """What a drill does. Rates are shares from 0 to 1, times seconds."""

    inputs: int = 2_000
    workers: int = 4
    kill_every: float = 0.5
    outages: int = 1
    outage_seconds: float = 2.0
    copies: float = 0.05
    throttled: float = 0.1
    lost: float = 0.02
    talking: int = 96
    """Conversations that go on at once."""
    quiet_from: float = 0.7
    """The share of all answers after which nobody is killed any more."""
    limit: float = 600.0


LONG = Orders(
    inputs=20_000,
    kill_every=0.6,
    outages=4,
    outage_seconds=6.0,
    talking=250,
    quiet_from=0.95,
    limit=3600.0,
)


@dataclass
class Report:
    """What was done and what came of it, in plain numbers."""

    seed: int
    violations: Sequence[Violation] = ()
    books: dict[str, int] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)


@dataclass
class _Drill:
    orders: Orders
    rng: Random
    fleet: Fleet
    services: Services
    session: ClientSession
    acknowledged: dict[str, list[Input]] = field(default_factory=dict)
    posts: int = 0
    copies: int = 0
    outages: int = 0
    calm: asyncio.Event = field(default_factory=asyncio.Event)
    late: list["asyncio.Task[None]"] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    events: list[str] = field(default_factory=list)

    async def talk(self, talks: Sequence[Sequence[Input]]) -> None:
        """Hold all conversations, so many at once; on return all is acknowledged and answered."""
        waiting = iter(talks)

        async def person() -> None:
            for talk in waiting:
                for said in talk:
                    await self._say(said)
                await self.services.heard(talk[0].conversation, answers(talk))

        async with asyncio.TaskGroup() as people:
            for _ in range(self.orders.talking):
                people.create_task(person())

    async def break_things(self, total: int) -> None:
        """Kill a process every now and then, mostly a worker; take a service down as ordered."""
        while not self.calm.is_set() and self.services.different < self.orders.quiet_from * total:
            pause = self.orders.kill_every * self.rng.uniform(0.5, 1.5)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.calm.wait(), pause)
                return
            name = self.rng.choice(self.fleet.names)
            if name != DOOR or self.rng.random() < 0.5:
                await self.fleet.replace(name)

    async def take_down(self, total: int) -> None:
        """Outages, evenly over the `total` of what people are to receive."""
        down = self.fleet.fallible
        kinds = [k for k in ("channel", "store", "model", "bus") if k in ALWAYS or down(k)]
        for number in range(self.orders.outages):
            await self.services.until(int(total * (number + 0.5) / self.orders.outages))
            kind = kinds[number % len(kinds)]
            self.outages += 1
            self._note(f"{kind} down for {self.orders.outage_seconds} s")
            if kind in ALWAYS:
                self.services.take_down(kind, self.orders.outage_seconds)
            else:
                await self.fleet.take_down(kind, self.orders.outage_seconds)

    async def settle(self) -> dict[str, int]:
        """Wait until the books say that nothing is open, and return them."""
        while True:
            books = await self.fleet.books()
            if books["pending"] == books["parked"] == 0:
                return books
            await asyncio.sleep(1)

    async def _say(self, said: Input) -> None:
        while not await self._post(said):
            await asyncio.sleep(self.rng.uniform(0.1, 0.5))
        self.acknowledged.setdefault(said.conversation, []).append(said)
        if self.rng.random() < self.orders.copies:
            self.copies += 1
            if self.rng.random() < 0.5:
                await self._post(said)
            else:
                self.late.append(asyncio.create_task(self._post_late(said)))

    async def _post_late(self, said: Input) -> None:
        """A copy that arrives after newer messages."""
        await asyncio.sleep(self.rng.uniform(0.1, 3.0))
        await self._post(said)

    async def _post(self, said: Input) -> bool:
        activity = {
            "type": "message",
            "id": said.id,
            "text": said.text,
            "channelId": "msteams",
            "serviceUrl": self.services.url,
            "from": {"id": "29:ann"},
            "recipient": {"id": "28:drill"},
            "conversation": {"id": said.conversation},
        }
        self.posts += 1
        try:
            url = f"{self.fleet.url}/api/teams/drill"
            async with self.session.post(url, json=activity) as response:
                await response.read()
                return response.status < 300
        except (ClientError, TimeoutError, OSError):
            return False

    def _note(self, what: str) -> None:
        self.events.append(f"{time.monotonic() - self.started:8.1f} s  {what}")


async def drill(
    seed: int,
    orders: Orders,
    folder: Path | None = None,
    *,
    grounds: Grounds | None = None,
    defect: str = "",
) -> Report:
    """Run it all in `folder`, else in one that is removed; `defect` is a control's name."""
    if folder is None:
        with TemporaryDirectory() as made:
            return await drill(seed, orders, Path(made), grounds=grounds, defect=defect)
    rng = Random(seed)
    talks = _talks(rng, orders.inputs)
    total = sum(map(answers, talks))
    async with (
        Services(rng, orders.throttled, orders.lost) as services,
        Fleet(folder, services.url, orders.workers, grounds or Grounds(), defect) as fleet,
        ClientSession() as session,
    ):
        run = _Drill(orders, rng, fleet, services, session)
        breaking = asyncio.create_task(run.break_things(total))
        outages = asyncio.create_task(run.take_down(total))
        report = Report(seed)
        try:
            async with asyncio.timeout(orders.limit):
                await run.talk(talks)
                talked = time.monotonic() - run.started
                await asyncio.gather(*run.late)
                await outages
                run.calm.set()
                await breaking
                report.books = await run.settle()
        except TimeoutError:
            run.calm.set()
            await breaking
            report.violations = [Violation(ENDS, f"not at rest after {orders.limit:.0f} s")]
            report.books = await fleet.books()
            talked = orders.limit
        finally:
            run.calm.set()
            outages.cancel()
        seconds = time.monotonic() - run.started
        unordered = fleet.unordered(run.acknowledged)
        report.violations = [
            *report.violations,
            *judge(run.acknowledged, services.receiver, report.books, unordered),
        ]
        report.events = run.events
        report.counts = _counts(run, talked, seconds, len(unordered))
        return report


def answers(talk: Sequence[Input]) -> int:
    """How many different messages a conversation brings."""
    wanted = expected(talk)
    return len(wanted.spoken) + len(wanted.titles) + wanted.dead


def _talks(rng: Random, count: int) -> list[list[Input]]:
    """Conversations of `count` messages in all; first those with bugs, whose ten deliveries take
    longest.
    """
    talks: list[list[Input]] = []
    made = inputs(rng, conversations=count, messages=MESSAGES)
    for talk in made:
        if count <= 0:
            break
        talks.append(talk[:count])
        count -= len(talk)
    return sorted(talks, key=lambda talk: expected(talk).dead, reverse=True)


def _counts(run: _Drill, talked: float, seconds: float, unordered: int) -> dict[str, Any]:
    services = run.services
    return {
        "inputs": sum(map(len, run.acknowledged.values())),
        "conversations": len(run.acknowledged),
        "posts": run.posts,
        "copies": run.copies,
        "kills": run.fleet.kills,
        "door_kills": run.fleet.door_kills,
        "outages": run.outages,
        "answered_429": services.refused,
        "lost_answers": services.swallowed,
        "messages": services.receiver.count,
        "received_twice": services.receiver.repeated,
        "unordered": unordered,
        "seconds_talking": round(talked, 1),
        "seconds": round(seconds, 1),
    }
