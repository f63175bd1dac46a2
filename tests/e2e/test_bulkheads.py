"""One bot surges, has a bug or loops; the other bot, on the same skill, does not notice.

The real triggers on the local host's dispatcher, the embedded bus and store. All of it shares
one event loop here, so what A costs in CPU is B's as well, which no bulkhead can change: hence
`NOISE` on top of the tenth. Without bulkheads B waits for seconds.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from statistics import quantiles
from time import perf_counter, time
from typing import Any

import azure.functions as func
import pytest

from cli.function import Function
from cli.host_json import HostJson
from cli.queues import Queues
from functions.triggers import service_bus_function
from shared.activity import Activity, ConversationReference
from shared.bot import Bot, Limits
from shared.event import Event
from shared.operations.reports.books import balanced, books
from shared.pipeline.door import accept, facts
from shared.pipeline.outbox import relay
from shared.pipeline.turns import settle
from shared.ports.channel import Inbound
from shared.queues import OUTBOUND
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab, MemoryChannel

pytestmark = pytest.mark.alone

Make = Callable[..., Lab]

MODEL_SECONDS = 0.05
"""What a turn takes: most of it waiting, as for a model."""

NOISE = 0.25
"""Seconds allowed beside the tenth: A's turns and webhooks share B's event loop and two cores, with
whatever else runs there. On a quiet machine 0.03 is enough; without the bulkheads it is over 3.
"""

TALKS, PACE = 100, 0.055
"""Messages of B that are timed, and the seconds between two: B keeps to its default limits."""

WARMING = 20
"""Messages of B before any is timed."""

SURGE = 2000
FAST = Limits(turns_per_second=60)


class Timed(MemoryChannel):
    """Notes when each reply came, by the text that it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[str, float] = {}
        self.news = asyncio.Event()

    async def send(self, bot: Bot, reference: ConversationReference, activity: Activity) -> str:
        self.at[activity.text] = perf_counter()
        self.news.set()
        return await super().send(bot, reference, activity)


def working(timed: asyncio.Event) -> Skill:
    """A skill that has the trouble that a message names, and takes time until all is `timed`."""
    skill = Skill("work", "Works")

    async def wait(seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(timed.wait(), seconds)

    @skill.on_message
    async def work(turn: Turn) -> None:
        if turn.text.startswith("bug"):
            raise ZeroDivisionError
        if turn.text.startswith("hang"):
            await wait(1.5)
        await wait(MODEL_SECONDS)
        if turn.text.startswith("loop"):
            turn.emit("again", {"text": turn.text})
        else:
            turn.reply(turn.text)

    @skill.on_event("again")
    async def again(turn: Turn) -> None:
        await wait(MODEL_SECONDS)
        turn.emit("again", turn.data)

    return skill


def with_two_bots(fabric: Lab) -> Lab:
    fabric.memory = Timed()
    fabric.bots["a"] = replace(fabric.bots["lab"], id="a")
    fabric.bots["b"] = replace(fabric.bots["lab"], id="b")
    return fabric


@pytest.fixture
def timed() -> asyncio.Event:
    """Set once B's people have been answered."""
    return asyncio.Event()


@pytest.fixture
def fabric(lab: Make, timed: asyncio.Event) -> Lab:
    return with_two_bots(lab(working(timed)))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> float:
    """What B's people wait while nobody talks to A."""

    async def measured() -> float:
        fabric = with_two_bots(Lab(tmp_path_factory.mktemp("alone"), working(asyncio.Event())))
        async with hosted(fabric):
            await talk(fabric, "warm", WARMING)
            seconds = await talk(fabric, "alone")
        await fabric.close()
        return seconds

    return asyncio.run(measured())


@asynccontextmanager
async def hosted(fabric: Lab) -> AsyncIterator[None]:
    blueprint = func.Blueprint()  # type: ignore[no-untyped-call]

    def on(queue: str, handle: Callable[[str, int], Awaitable[None]]) -> None:
        async def receive(msg: func.ServiceBusMessage) -> None:
            await handle(msg.get_body().decode(), msg.delivery_count or 1)

        service_bus_function(blueprint, queue.replace("-", "_"), queue, receive)

    async def work(body: str, count: int) -> None:
        await settle.work(fabric, fabric.skills["work"], body, count)

    async def fact(body: str, count: int) -> None:
        await facts.fan_out(fabric, body)

    async def wake(body: str, count: int) -> None:
        await relay.drain(fabric, Event.from_json(body).conversation)

    on("skill-work", work)
    on("events", fact)
    on(OUTBOUND, wake)
    app = func.FunctionApp()
    app.register_functions(blueprint)
    functions = [
        Function(
            str(one.get_function_name()),
            json.loads(one.get_raw_bindings()[0]),
            one.get_user_function(),
        )
        for one in app.get_functions()
    ]
    bus: Any = fabric.bus
    queues = Queues(bus, functions, HostJson())
    queues.start()
    try:
        yield
    finally:
        await queues.stop(10)


async def says(fabric: Lab, bot: str, text: str, conversation: str) -> None:
    activity = Activity(type="message", id=text, text=text)
    reference = ConversationReference(bot, "web", conversation, user="ann", reply_to=text)
    await accept.accept(fabric, [Inbound(fabric.bots[bot], reference, activity)])


async def talk(fabric: Lab, name: str, count: int = TALKS) -> float:
    """B's people talk at a steady pace; the 95th percentile of ack to reply, in seconds."""
    memory: Any = fabric.memory
    acked: dict[str, float] = {}
    start = perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, start + number * PACE - perf_counter()))
        text = f"{name} {number}"
        await says(fabric, "b", text, f"b{number % 40}")
        acked[text] = perf_counter()
    async with asyncio.timeout(60):
        while not acked.keys() <= memory.at.keys():
            memory.news.clear()
            await memory.news.wait()
    seconds = [memory.at[text] - at for text, at in acked.items()]
    return float(quantiles(seconds, n=20)[-1])


async def surge(fabric: Lab, kind: str, count: int, conversations: int) -> None:
    for number in range(count):
        await says(fabric, "a", f"{kind} {number}", f"a{number % conversations}")
        await asyncio.sleep(0.003)


def hurry(fabric: Lab) -> None:
    """What a pace or a failure put off becomes due at once, in its order."""
    now = time()
    with closing(sqlite3.connect(fabric.settings.data_dir / "bus.db")) as database, database:
        for table, at in (("scheduled", "due"), ("delayed", "until")):
            database.execute(
                f"UPDATE {table} SET {at} = ? + ({at} - ?) / 1000 WHERE {at} > ?",
                (now + 0.2, now, now + 1),
            )


async def finished(fabric: Lab) -> dict[str, int]:
    """Wait until nothing is left, and no longer than the work takes; the books."""
    fabric.bots["a"] = replace(fabric.bots["a"], limits=Limits(turns_per_second=1000))
    bus: Any = fabric.bus
    async with asyncio.timeout(90):
        while True:
            await asyncio.to_thread(hurry, fabric)
            if not any(sum(count.values()) for count in (await bus.counts()).values()):
                count = await books(fabric)
                if not count["pending"] + count["parked"]:
                    return count
            await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    ("kind", "count"), [("surge", SURGE), ("hang", 60), ("bug", 100), ("loop", 60)]
)
async def test_the_other_bot_is_answered_as_if_it_were_alone(
    fabric: Lab, timed: asyncio.Event, alone: float, kind: str, count: int
) -> None:
    if kind == "surge":
        fabric.bots["a"] = replace(fabric.bots["a"], limits=FAST)
    async with hosted(fabric):
        await talk(fabric, "warm", WARMING)
        storm = asyncio.create_task(surge(fabric, kind, count, 200))
        beside = await talk(fabric, "beside")
        await storm
        timed.set()
        told = await finished(fabric)

    print(f"{kind}: p95 alone {alone * 1000:.1f} ms, beside {beside * 1000:.1f} ms")
    assert beside <= alone * 1.1 + NOISE
    assert balanced(told)
    assert told["accepted"] == WARMING + TALKS + count
    assert told["done"] == WARMING + TALKS + (0 if kind in ("bug", "loop") else count)
