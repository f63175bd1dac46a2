"""The ports in memory do what the embedded ones do, so that a simulation says something."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.clock import Clock, virtual_time
from chaos.memory_bus import MemoryBus
from chaos.memory_store import MemoryStore
from shared.errors import Conflict
from shared.event import Event
from shared.messaging.embedded.bus import SqliteBus
from shared.ports.bus import Delivery
from shared.ports.store import Create, Delete, Item, Put, Store
from shared.storage.sqlite import SqliteStore

EXAMPLES = settings(max_examples=50, deadline=None, derandomize=True, database=None)

ids = st.sampled_from(["a:1", "a:2", "a:3", "b:1"])
partitions = st.sampled_from(["p", "q"])
dues = st.none() | st.integers(1_800_000_000, 1_800_000_030).map(float)
ttls = st.none() | st.integers(1, 20)
bodies = st.fixed_dictionaries({"n": st.integers(0, 9)})
operations = st.one_of(
    st.builds(Create, ids, bodies, dues, ttls),
    st.builds(Put, ids, bodies, st.none() | st.just("known"), dues, ttls),
    st.builds(Delete, ids, st.none() | st.just("known")),
)
store_steps = st.one_of(
    st.tuples(st.just("write"), partitions, st.lists(operations, min_size=1, max_size=4)),
    st.tuples(st.just("find"), st.none() | partitions, st.tuples(ids, dues, st.booleans())),
    st.tuples(st.just("pass"), st.integers(1, 15), st.none()),
)


def comparable(items: list[Item]) -> list[tuple[Any, ...]]:
    return [(item.partition, item.id, item.body, item.due) for item in items]


@EXAMPLES
@given(st.lists(store_steps, min_size=5, max_size=20))
def test_the_store_in_memory_is_the_store(steps: list[tuple[Any, ...]]) -> None:
    async def replay(clock: Clock, store: Store) -> list[Any]:
        seen: list[Any] = []
        for kind, where, what in steps:
            if kind == "pass":
                clock.now += where
            elif kind == "find":
                place, due, later = what
                after = f"{where or 'p'}\n{place}" if where is None else place
                found = await store.find(where, "a:", after=after if later else "", due_by=due)
                seen.append(comparable(found))
            else:
                seen.append(await outcome(write(store, where, what)))
        for partition in ("p", "q"):
            seen.append(comparable(await store.find(partition, "")))
        return seen

    async def write(store: Store, partition: str, ops: list[Any]) -> None:
        known = [await store.get(partition, op.id) for op in ops]
        await store.write(
            partition,
            *(
                type(op)(**{**fields(op), "etag": item.etag if item else "none"})
                if getattr(op, "etag", None)
                else op
                for op, item in zip(ops, known, strict=True)
            ),
        )

    with TemporaryDirectory() as folder:
        memory, file = Clock(), Clock()
        one = asyncio.run(replay(memory, MemoryStore(memory.time)))
        with virtual_time(file, Random(0)):
            other = asyncio.run(closing(SqliteStore(Path(folder, "s"), "NORMAL"), file, replay))
    assert one == other


def fields(op: Any) -> dict[str, Any]:
    return {name: getattr(op, name) for name in type(op).__slots__}


async def closing(port: Any, clock: Clock, replay: Callable[[Clock, Any], Awaitable[Any]]) -> Any:
    try:
        return await replay(clock, port)
    finally:
        await port.close()


async def outcome(action: Awaitable[Any]) -> Any:
    try:
        return await action
    except Conflict as conflict:
        return f"conflict {conflict.id}"


bus_steps = st.one_of(
    st.tuples(
        st.just("send"), st.integers(0, 9), st.sampled_from("cd"), st.sampled_from([0, 0, 5])
    ),
    st.tuples(st.just("receive"), st.integers(1, 3), st.just(""), st.just(0)),
    st.tuples(
        st.sampled_from(["complete", "abandon", "dead_letter"]),
        st.integers(0, 9),
        st.just(""),
        st.sampled_from([0, 3]),
    ),
    st.tuples(st.just("pass"), st.integers(1, 12), st.just(""), st.just(0)),
)


class Owned:
    """The bus in memory, from one process that owns its locks."""

    def __init__(self, clock: Clock) -> None:
        self.bus = MemoryBus(clock.time, lock_seconds=10, max_deliveries=3, duplicate_window=20)

    async def receive(self, queue: str, limit: int) -> list[Delivery]:
        return self.bus.receive(queue, "owner", limit)

    async def complete(self, delivery: Delivery) -> None:
        self.bus.complete(delivery)

    async def abandon(self, delivery: Delivery, *, delay: float = 0) -> None:
        self.bus.abandon(delivery, delay=delay)

    async def dead_letter(self, delivery: Delivery, reason: str) -> None:
        self.bus.dead_letter(delivery, reason)

    async def send(self, queue: str, *events: Event, delay: float = 0) -> None:
        await self.bus.send(queue, *events, delay=delay)


@EXAMPLES
@given(st.lists(bus_steps, min_size=10, max_size=40))
def test_the_bus_in_memory_is_the_bus(steps: list[tuple[str, int, str, int]]) -> None:
    async def replay(clock: Clock, bus: Any) -> list[Any]:
        seen: list[Any] = []
        held: list[Delivery] = []
        for kind, number, session, delay in steps:
            clock.now += 0.001
            if kind == "pass":
                clock.now += number
            elif kind == "send":
                event = Event(f"{number}", "test", conversation=session)
                await bus.send("q", event, delay=delay)
            elif kind == "receive":
                for queue in ("q", "dead-letters"):
                    found = await bus.receive(queue, number)
                    seen.append([(d.id, d.session, d.count, dict(d.properties)) for d in found])
                    held += found
            elif held:
                delivery = held[number % len(held)]
                seen.append(await outcome(settle(bus, kind, delivery, delay)))
        return seen

    async def settle(bus: Any, kind: str, delivery: Delivery, delay: int) -> None:
        if kind == "complete":
            await bus.complete(delivery)
        elif kind == "abandon":
            await bus.abandon(delivery, delay=delay)
        else:
            await bus.dead_letter(delivery, "reason")

    with TemporaryDirectory() as folder:
        memory, file = Clock(), Clock()
        one = asyncio.run(replay(memory, Owned(memory)))
        options = {"lock_seconds": 10, "max_deliveries": 3, "duplicate_window": 20}
        with virtual_time(file, Random(0)):
            bus = SqliteBus(Path(folder, "b"), "NORMAL", **options)
            other = asyncio.run(closing(bus, file, replay))
    assert one == other
