"""A Service Bus that misbehaves on order, and clients of it."""

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

from shared.event import Event
from shared.messaging.claim_check import ClaimCheck
from shared.messaging.servicebus.bus import ServiceBusBus
from shared.storage.files import FileBlobs
from tests.broker_process import ServiceBusProcess, queues
from tests.contract.processes import received

StartPeer = Callable[..., ServiceBusProcess]
OpenBus = Callable[..., ServiceBusBus]


leaves_sockets = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""For tests that break connections: the SDK leaves a broken one to the garbage collector."""


@pytest.fixture
def start_peer(tmp_path: Path) -> Iterator[StartPeer]:
    """Start one with `q`, `events` and `dead-letters`, these flags and settings of all queues."""
    started: list[ServiceBusProcess] = []

    def start(*flags: object, **settings: float) -> ServiceBusProcess:
        settings = {"duplicateDetectionSeconds": 600, **settings}
        entities = queues("q", "events", "dead-letters", **settings)
        started.append(ServiceBusProcess.start(tmp_path, entities, *flags))
        return started[-1]

    yield start
    for peer in started:
        peer.stop()


@pytest.fixture
async def open_bus(start_peer: StartPeer, tmp_path: Path) -> AsyncIterator[OpenBus]:
    """Open clients; they are closed before their peer is stopped."""
    opened: list[ServiceBusBus] = []

    def open(peer: ServiceBusProcess, **options: object) -> ServiceBusBus:
        options = {"claims": ClaimCheck(FileBlobs(tmp_path / "blobs")), **options}
        opened.append(ServiceBusBus("", connection=peer.connection, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open
    for bus in opened:
        await bus.close()
    gc.collect()


def event(id: str, session: str = "") -> Event:
    return Event(id=id, type="test", data={"n": id}, conversation=session)


async def consumed(bus: ServiceBusBus, count: int, queue: str = "q") -> list[str]:
    """The ids of messages in the order they came, until there are so many different ones."""
    ids: list[str] = []
    while len(set(ids)) < count:
        for delivery in await received(bus, queue, 4):
            ids.append(delivery.id)
            await bus.complete(delivery)
    return ids


async def strange(peer: ServiceBusProcess, message: ServiceBusMessage) -> None:
    """Send what is not made by us."""
    async with (
        ServiceBusClient.from_connection_string(peer.connection) as client,
        client.get_queue_sender("q") as sender,
    ):
        await sender.send_messages(message)
