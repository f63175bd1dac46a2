"""Service Bus as a target: a stand-in for each test, or the queues of a namespace made anew.

The connection string lies in the folder, where another process finds it.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic, time

from shared.event import Event
from shared.messaging.claim_check import ClaimCheck
from shared.messaging.servicebus.bus import ServiceBusBus
from shared.ports.bus import Delivery, PeekLockBus
from shared.queues import DEAD_LETTERS
from shared.storage.files import FileBlobs
from tests import services
from tests.broker_process import PLAIN, ServiceBusProcess, queues

QUEUES = ("skill-q", "skill-a", "skill-b", "nothing", *PLAIN)
PACE = 25.0 if services.SERVICEBUS else 10.0
"""A lock, a delay or a window of the suite, times this: the service has 5 s at least."""

FIRST_SECONDS, MORE_SECONDS = 2.5, 1.2
"""How long a client may take to hand out a message, and another beside it."""

CERTAIN_SECONDS = 20.0
"""How long one may take that the broker says it has for whoever asks."""

LOOK_SECONDS = 0.1
"""How often a stand-in is asked whether there is anything to wait for."""


@dataclass
class Namespace:
    """The queues of a folder: the stand-in that has them, and what clients of this process hold."""

    peer: ServiceBusProcess | None = None
    held: dict[str, Delivery] = field(default_factory=dict)

    def patience(self, queue: str, usual: float) -> float:
        """Return how long to wait for more of the queue; a service never tells, so `usual`."""
        if self.peer is None:
            return usual
        counts = self.peer.stats()["entities"]
        if counts[queue]["available"]:
            return CERTAIN_SECONDS
        if queue == DEAD_LETTERS and any(count["deadLetter"] for count in counts.values()):
            return usual
        here = [d for d in self.held.values() if d.queue == queue and d.locked_until > time()]
        return usual if counts[queue]["locked"] > len(here) else 0


_made: dict[Path, Namespace] = {}


class Patient:
    """The bus for a suite that asks what is there now: it gives the broker a moment to answer."""

    ordered = ServiceBusBus.ordered
    max_deliveries = ServiceBusBus.max_deliveries

    def __init__(self, bus: ServiceBusBus, namespace: Namespace) -> None:
        self._bus = bus
        self._namespace = namespace
        self._mine: set[str] = set()

    async def receive(self, queue: str, limit: int = 1) -> list[Delivery]:
        found: list[Delivery] = []
        since, usual = monotonic(), FIRST_SECONDS
        while True:
            more = await self._bus.receive(queue, limit - len(found))
            found += more
            self._hold(more)
            if more:
                since, usual = monotonic(), MORE_SECONDS
            left = since - monotonic()
            if len(found) < limit:
                left += self._namespace.patience(queue, usual)
            if left <= 0:
                return sorted(found, key=lambda delivery: (delivery.enqueued_at, delivery.id))
            await self._bus.changed(min(left, LOOK_SECONDS))

    async def send(self, queue: str, *events: Event, delay: float = 0) -> None:
        await self._bus.send(queue, *events, delay=delay)

    async def changed(self, timeout: float) -> Collection[str]:  # noqa: ASYNC109
        return await self._bus.changed(timeout)

    async def renew(self, delivery: Delivery) -> None:
        await self._bus.renew(delivery)

    async def complete(self, delivery: Delivery) -> None:
        self._let_go(delivery.token)
        await self._bus.complete(delivery)

    async def abandon(self, delivery: Delivery, *, delay: float = 0) -> None:
        self._let_go(delivery.token)
        await self._bus.abandon(delivery, delay=delay)

    async def dead_letter(self, delivery: Delivery, reason: str, description: str = "") -> None:
        self._let_go(delivery.token)
        await self._bus.dead_letter(delivery, reason, description)

    async def check(self) -> str:
        return await self._bus.check()

    async def close(self) -> None:
        self._let_go(*self._mine)
        await self._bus.close()

    def _hold(self, deliveries: list[Delivery]) -> None:
        self._mine |= {delivery.token for delivery in deliveries}
        self._namespace.held |= {delivery.token: delivery for delivery in deliveries}

    def _let_go(self, *tokens: str) -> None:
        self._mine -= set(tokens)
        for token in tokens:
            self._namespace.held.pop(token, None)


def open_servicebus(folder: Path, **options: float) -> PeekLockBus:
    """Options as `BusTarget` says, at the pace of this backend; the first client sets them.

    In another process it is the bus as it is, for code that waits by itself.
    """
    place = folder / "servicebus.txt"
    made_elsewhere = place.exists() and folder not in _made
    if not place.exists():
        place.write_text(_make(folder, options))
    bus = ServiceBusBus(
        "", connection=place.read_text(), claims=ClaimCheck(FileBlobs(folder / "blobs"))
    )
    return bus if made_elsewhere else Patient(bus, _made[folder])


def end_servicebus(folder: Path) -> None:
    namespace = _made.pop(folder, None)
    if namespace and namespace.peer:
        namespace.peer.stop()


def _make(folder: Path, options: dict[str, float]) -> str:
    lock = options["lock_seconds"] * PACE if "lock_seconds" in options else 30
    deliveries = int(options.get("max_deliveries", 10))
    window = options["duplicate_window"] * PACE if "duplicate_window" in options else 3600
    if not services.SERVICEBUS:
        entities = queues(
            *QUEUES,
            lockDurationSeconds=lock,
            maxDeliveryCount=deliveries,
            duplicateDetectionSeconds=window,
        )
        peer = ServiceBusProcess.start(folder, entities)
        _made[folder] = Namespace(peer)
        return peer.connection
    _made[folder] = Namespace()
    _recreate(services.SERVICEBUS, lock, deliveries, window)
    return services.SERVICEBUS


def _recreate(connection: str, lock: float, deliveries: int, window: float) -> None:
    """The queues anew, empty. The service wants 5 s of lock and 20 s of window at least."""
    from azure.core.exceptions import ResourceNotFoundError
    from azure.servicebus.management import ServiceBusAdministrationClient

    with ServiceBusAdministrationClient.from_connection_string(connection) as namespace:
        for name in QUEUES:
            with suppress(ResourceNotFoundError):
                namespace.delete_queue(name)
        for name in sorted(QUEUES, key=lambda name: name != DEAD_LETTERS):
            namespace.create_queue(
                name,
                requires_session=name not in PLAIN,
                lock_duration=timedelta(seconds=max(5.0, lock)),
                max_delivery_count=deliveries,
                requires_duplicate_detection=True,
                duplicate_detection_history_time_window=timedelta(seconds=max(20.0, window)),
                forward_dead_lettered_messages_to=None if name == DEAD_LETTERS else DEAD_LETTERS,
            )
