"""Each suite of a port runs on every backend in `targets`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from shared.ports.bus import PeekLockBus, Topic
from shared.ports.store import Blobs, Store
from tests.contract.processes import Processes
from tests.contract.targets import BLOBS, BUSES, STORES, TOPICS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a bus runs on every bus that has the features it is marked to need."""
    if "open_bus" in metafunc.fixturenames:
        marks = metafunc.definition.iter_markers("needs")
        wanted = {feature for mark in marks for feature in mark.args}
        able = [name for name, target in BUSES.items() if wanted <= target.features]
        metafunc.parametrize("open_bus", able, indirect=True)


@pytest.fixture(params=STORES)
async def open_store(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Callable[[], Store]]:
    """Open a client of one and the same store; closed at the end."""
    opened: list[Store] = []

    def open() -> Store:
        opened.append(STORES[request.param].open(tmp_path))
        return opened[-1]

    yield open
    for store in opened:
        await store.close()
    STORES[request.param].end(tmp_path)


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


@pytest.fixture
async def open_bus(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Callable[..., PeekLockBus]]:
    """Open a client of one and the same bus, with options; closed at the end."""
    opened: list[PeekLockBus] = []

    def open(**options: float) -> PeekLockBus:
        opened.append(BUSES[request.param].open(tmp_path, **options))
        return opened[-1]

    yield open
    await asyncio.gather(*(bus.close() for bus in opened))
    BUSES[request.param].end(tmp_path)


@pytest.fixture
def bus(open_bus: Callable[..., PeekLockBus]) -> PeekLockBus:
    return open_bus()


@pytest.fixture(params=BLOBS)
async def open_blobs(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Callable[[], Blobs]]:
    """Open a client of one and the same blobs; closed at the end."""
    opened: list[Blobs] = []

    def open() -> Blobs:
        opened.append(BLOBS[request.param].open(tmp_path))
        return opened[-1]

    yield open
    for blobs in opened:
        await blobs.close()
    BLOBS[request.param].end(tmp_path)


@pytest.fixture
def blobs(open_blobs: Callable[[], Blobs]) -> Blobs:
    return open_blobs()


@pytest.fixture
def pace(open_bus: Callable[..., PeekLockBus], request: pytest.FixtureRequest) -> float:
    """How much longer than the embedded bus this one takes: a delay of the suite, times this."""
    return BUSES[request.node.callspec.params["open_bus"]].pace


@pytest.fixture(params=TOPICS)
async def topic(request: pytest.FixtureRequest, bus: PeekLockBus) -> AsyncIterator[Topic]:
    async with TOPICS[request.param](bus) as topic:
        yield topic


@pytest.fixture
async def processes(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Processes]]]:
    """Start `count` other processes that run a command of `processes` on this test's backend."""
    started: list[Processes] = []
    target = request.node.callspec.params
    backend = target.get("open_store") or target["open_bus"]

    async def start(command: str, *arguments: object, count: int = 1) -> Processes:
        started.append(await Processes.start(count, command, backend, tmp_path, *arguments))
        return started[-1]

    yield partial(start)
    for group in started:
        await group.stop()
