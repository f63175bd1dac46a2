"""The backends that the suites of the ports run on. A new one joins by one line.

The others than the embedded ones are stand-ins for Azure's services, or those themselves where
`services` has a connection string. Storage needs Azurite, which needs node.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.event import Event
from shared.messaging.embedded.bus import SqliteBus
from shared.messaging.eventgrid import EventGridTopic
from shared.messaging.queue_topic import QueueTopic
from shared.ports.bus import Bus, PeekLockBus, Topic
from shared.ports.store import Blobs, Store
from shared.queues import EVENTS
from shared.storage.files import FileBlobs
from shared.storage.sqlite import SqliteStore
from stand_ins.eventgrid.server import EventGridServer
from stand_ins.eventgrid.subscriptions import CloudEvent, Deliver
from tests import services
from tests.contract import cosmos, servicebus, storage

EVERYTHING = frozenset({"sessions", "duplicates", "schedule", "deaths", "foresight"})
"""The features of the embedded bus."""


def _nothing(folder: Path) -> None:
    """What embedded backends leave lies in the folder."""


@dataclass(frozen=True)
class StoreTarget:
    """`open(folder)`: a client of the one store of this folder, also from another process.

    `end(folder)` removes what was made for it.
    """

    open: Callable[[Path], Store]
    end: Callable[[Path], None] = _nothing


@dataclass(frozen=True)
class BusTarget:
    """`open(folder, **options)`: a client of the one bus of this folder, as `StoreTarget`.

    Options are `lock_seconds`, `max_deliveries`, `duplicate_window`, as near as the backend
    can come; another process opens without. `features` of all that a bus may have: `sessions`
    (order and one consumer for each conversation), `duplicates` (ids are remembered),
    `schedule` (a delayed message counts as enqueued when it is due), `deaths` (a killed
    consumer's delivery counts), `foresight` (`changed` knows of queues that nobody here has
    received from). `pace`: times of the suite, and options in seconds, times this.
    """

    open: Callable[..., PeekLockBus]
    end: Callable[[Path], None] = _nothing
    features: frozenset[str] = EVERYTHING
    pace: float = 1.0


@dataclass(frozen=True)
class BlobsTarget:
    """As `StoreTarget`."""

    open: Callable[[Path], Blobs]
    end: Callable[[Path], None] = _nothing


def into_queue(bus: Bus) -> Deliver:
    """A subscription that delivers to the queue `events` of a bus."""

    async def deliver(event: CloudEvent) -> None:
        await bus.send(EVENTS, Event.from_dict(event))

    return deliver


@asynccontextmanager
async def _queue(bus: PeekLockBus) -> AsyncIterator[Topic]:
    yield QueueTopic(bus)


@asynccontextmanager
async def _eventgrid(bus: PeekLockBus) -> AsyncIterator[Topic]:
    async with EventGridServer(into_queue(bus)) as server:
        topic = EventGridTopic(server.url, key=server.key)
        try:
            yield topic
        finally:
            await topic.close()


STORES: dict[str, StoreTarget] = {
    "sqlite": StoreTarget(lambda folder: SqliteStore(folder / "store.db")),
    "cosmos": StoreTarget(cosmos.open_in, cosmos.drop),
}
BUSES: dict[str, BusTarget] = {
    "sqlite": BusTarget(lambda folder, **options: SqliteBus(folder / "bus.db", **options)),
    "servicebus": BusTarget(
        servicebus.open_servicebus,
        servicebus.end_servicebus,
        EVERYTHING - {"foresight"},
        servicebus.PACE,
    ),
}
TOPICS: dict[str, Callable[[PeekLockBus], AbstractAsyncContextManager[Topic]]] = {
    "queue": _queue,
    "eventgrid": _eventgrid,
}
"""A topic, and the bus whose queue `events` its facts arrive in."""

BLOBS: dict[str, BlobsTarget] = {
    "files": BlobsTarget(lambda folder: FileBlobs(folder / "blobs")),
}

if services.STORAGE or services.HAS_AZURITE:
    BUSES["storagequeue"] = BusTarget(storage.open_bus, storage.end_bus, frozenset({"deaths"}))
    BLOBS["blob"] = BlobsTarget(storage.open_blobs, storage.end_blobs)
