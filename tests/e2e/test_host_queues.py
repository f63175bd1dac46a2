"""The dispatcher over the embedded bus: concurrency, locks, settling, order."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from cli.function import Function
from cli.host_json import HostJson
from cli.queues import Queues
from shared.event import Event
from shared.messaging.embedded.bus import SqliteBus
from shared.ports.bus import Delivery

pytestmark = pytest.mark.alone

LIMITS = HostJson(max_sessions=8, max_calls=2)


class Worker:
    """A queue function with a memory: what started and ended, how many at once."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str, int]] = []
        self.running: set[str] = set()
        self.most = 0
        self.failures = 0
        self.gate: asyncio.Event | None = None
        self.done = asyncio.Event()
        self.expected = 1
        self.started_at = 0.0
        self.news = asyncio.Condition()

    async def __call__(self, msg: Any) -> None:
        self.started_at = time.perf_counter()
        session = msg.session_id
        assert session not in self.running, "two messages of one session at once"
        self.running.add(session)
        self.most = max(self.most, len(self.running))
        async with self.news:
            self.news.notify_all()
        try:
            if self.gate:
                await self.gate.wait()
            if self.failures:
                self.failures -= 1
                raise RuntimeError("broken")
            body = json.loads(msg.get_body())
            self.log.append((session, body["id"], msg.delivery_count))
        finally:
            self.running.discard(session)
        if len(self.log) >= self.expected:
            self.done.set()

    async def until(self, number: int) -> None:
        self.expected = number
        self.done.clear()
        if len(self.log) < number:
            async with asyncio.timeout(10):
                await self.done.wait()

    async def until_running(self, number: int = 1) -> None:
        async with asyncio.timeout(5), self.news:
            await self.news.wait_for(lambda: len(self.running) >= number)


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[SqliteBus]:
    bus = SqliteBus(str(tmp_path / "bus.db"), lock_seconds=0.4)
    yield bus
    await bus.close()


Start = Callable[..., Queues]


@pytest.fixture
async def start(bus: SqliteBus, worker: Worker) -> AsyncIterator[Start]:
    started: list[Queues] = []

    def run(*, sessions: bool = True, bus: SqliteBus = bus, limits: HostJson = LIMITS) -> Queues:
        async def call(msg: Any) -> None:
            await worker(msg)

        trigger = {
            "type": "serviceBusTrigger",
            "name": "msg",
            "queueName": "jobs",
            "isSessionsEnabled": sessions,
        }
        queues = Queues(bus, [Function("job", trigger, call)], limits)
        queues.start()
        started.append(queues)
        return queues

    yield run
    for queues in started:
        await queues.stop(1)


def event(id: str, conversation: str = "") -> Event:
    return Event(id=id, type="t", conversation=conversation)


async def test_what_waited_and_what_comes_is_run(
    bus: SqliteBus, worker: Worker, start: Start
) -> None:
    await bus.send("jobs", event("1", "a"))
    start()
    await worker.until(1)
    await bus.send("jobs", event("2", "a"))
    await worker.until(2)
    assert worker.log == [("a", "1", 1), ("a", "2", 1)]


async def test_a_session_keeps_its_order_one_at_a_time(
    bus: SqliteBus, worker: Worker, start: Start
) -> None:
    start()
    await bus.send("jobs", *(event(f"{n}", f"s{n % 3}") for n in range(30)))
    await worker.until(30)
    for session in range(3):
        ids = [int(id) for s, id, _ in worker.log if s == f"s{session}"]
        assert ids == list(range(session, 30, 3))


@pytest.mark.parametrize(("sessions", "most"), [(True, 8), (False, 2)])
async def test_concurrency_is_what_host_json_says(
    bus: SqliteBus, worker: Worker, start: Start, sessions: bool, most: int
) -> None:
    worker.gate = asyncio.Event()
    await bus.send("jobs", *(event(str(n)) for n in range(20)))
    start(sessions=sessions)
    await worker.until_running(most)
    await bus.changed(0.2)
    assert len(worker.running) == most
    worker.gate.set()
    await worker.until(20)
    assert worker.most == most


async def test_a_failure_is_delivered_again_with_its_count(
    bus: SqliteBus, worker: Worker, start: Start
) -> None:
    worker.failures = 2
    await bus.send("jobs", event("1", "a"), event("2", "a"))
    start()
    await worker.until(2)
    assert worker.log == [("a", "1", 3), ("a", "2", 1)]


async def test_a_long_run_keeps_its_lock(bus: SqliteBus, worker: Worker, start: Start) -> None:
    worker.gate = asyncio.Event()
    await bus.send("jobs", event("1", "a"))
    start()
    await worker.until_running()
    started = time.monotonic()
    while time.monotonic() - started < 1:  # two and a half locks
        await bus.changed(0.1)
        assert await bus.receive("jobs") == []
    worker.gate.set()
    await worker.until(1)
    assert worker.log == [("a", "1", 1)]


async def test_a_lock_is_not_held_longer_than_the_host_may(
    bus: SqliteBus, worker: Worker, start: Start, tmp_path: Path
) -> None:
    worker.gate = asyncio.Event()
    await bus.send("jobs", event("1", "a"))
    queues = start(limits=HostJson(max_lock_renewal=0.1, max_sessions=1))
    await worker.until_running()
    elsewhere = SqliteBus(str(tmp_path / "bus.db"), lock_seconds=0.4)
    async with asyncio.timeout(5):
        while not (again := await elsewhere.receive("jobs")):
            await elsewhere.changed(0.1)
    assert again[0].count == 2
    await elsewhere.close()
    worker.gate.set()
    await queues.stop(1)


async def test_a_delayed_message_runs_when_it_is_due(
    bus: SqliteBus, worker: Worker, start: Start
) -> None:
    start()
    sent = time.time()
    await bus.send("jobs", event("1", "a"), delay=0.3)
    await worker.until(1)
    assert 0.3 <= time.time() - sent < 1


async def test_what_another_process_sends_is_seen(
    worker: Worker, start: Start, tmp_path: Path
) -> None:
    start()
    elsewhere = SqliteBus(str(tmp_path / "bus.db"))
    for n in range(20):
        await elsewhere.send("jobs", event(str(n), "a"))
        await worker.until(n + 1)
    await elsewhere.close()


async def test_stopping_waits_for_what_runs_and_hands_back_what_is_late(
    bus: SqliteBus, worker: Worker, start: Start
) -> None:
    worker.gate = asyncio.Event()
    await bus.send("jobs", event("1", "a"))
    queues = start()
    await worker.until_running()
    await bus.send("jobs", event("2", "b"))
    await queues.stop(0)
    assert worker.log == []
    free = await bus.receive("jobs", 2)
    assert [(delivery.id, delivery.count) for delivery in free] == [("1", 2), ("2", 1)]


async def test_from_send_to_start_takes_milliseconds(
    bus: SqliteBus, worker: Worker, start: Start
) -> None:
    start()
    waits = []
    for n in range(20):
        await bus.send("jobs", event(str(n), f"s{n}"))
        sent = time.perf_counter()
        await worker.until(n + 1)
        waits.append(worker.started_at - sent)
    assert sorted(waits)[10] < 0.05


async def test_an_idle_host_does_next_to_nothing(start: Start) -> None:
    start()
    await asyncio.sleep(0.2)
    before = time.process_time()
    await asyncio.sleep(1)
    assert time.process_time() - before < 0.1


async def test_a_look_at_one_queue_does_not_hide_news_of_another(tmp_path: Path) -> None:
    here, elsewhere = (SqliteBus(str(tmp_path / "bus.db")) for _ in range(2))
    assert await here.receive("jobs") == []
    await here.changed(0)
    await elsewhere.send("jobs", event("1", "a"))
    assert await here.receive("others") == []
    before = time.monotonic()
    await here.changed(5)
    assert time.monotonic() - before < 1
    await here.close()
    await elsewhere.close()


class BusyElsewhere(SqliteBus):
    """Takes its time to receive `last`: until then, what ran has ended."""

    def __init__(self, path: Path, worker: Worker, last: str) -> None:
        super().__init__(path)
        self._worker = worker
        self._last = last

    async def receive(self, queue: str, limit: int = 1) -> list[Delivery]:
        deliveries = await super().receive(queue, limit)
        if [delivery.id for delivery in deliveries] == [self._last]:
            assert self._worker.gate
            self._worker.gate.set()
            async with asyncio.timeout(5):
                while (await self.counts())["jobs"]["locked"] > 1:  # noqa: ASYNC110 -- settling
                    await asyncio.sleep(0.001)
        return deliveries


async def test_a_slot_that_falls_free_meanwhile_does_not_hide_what_is_left(
    start: Start, worker: Worker, tmp_path: Path
) -> None:
    worker.gate = asyncio.Event()
    bus = BusyElsewhere(tmp_path / "busy.db", worker, last="2")
    queues = start(bus=bus, limits=HostJson(max_sessions=2, max_calls=2))
    await bus.send("jobs", event("1", "a"))
    await worker.until_running()

    await bus.send("jobs", event("2", "b"), event("3", "c"))

    await worker.until(3)
    await queues.stop(1)
    await bus.close()
