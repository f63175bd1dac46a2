"""How a simulated process reaches its ports: every call has a fault point before and after."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chaos.faults import Fault
from chaos.memory_bus import MemoryBus
from chaos.receiver import Receiver
from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.event import Event
from shared.ports.bus import Delivery
from shared.ports.channel import Received, Request
from shared.ports.store import Delete, Etags, Item, Op, Store

if TYPE_CHECKING:
    from chaos.process import Process


class StoreReach:
    """The store of all, from one process."""

    def __init__(self, process: "Process", store: Store) -> None:
        self._process = process
        self._store = store

    async def get(self, partition: str, id: str) -> Item | None:
        await self._process.visit(f"before get {_kind(id)}", Fault.DOWN, port="store")
        return await self._store.get(partition, id)

    async def find(
        self,
        partition: str | None,
        prefix: str,
        *,
        after: str = "",
        due_by: float | None = None,
        limit: int = 100,
    ) -> list[Item]:
        await self._process.visit(f"before find {_kind(prefix)}", Fault.DOWN, port="store")
        return await self._store.find(partition, prefix, after=after, due_by=due_by, limit=limit)

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        name = _purpose(ops)
        await self._process.visit(f"before {name}", Fault.DOWN, port="store")
        etags = await self._store.write(partition, *ops, durable=durable)
        await self._process.visit(f"after {name}", Fault.LOST)
        return etags

    async def check(self) -> str:
        return ""

    async def close(self) -> None:
        """Nothing to close."""


class BusReach:
    """The bus of all, from one process, which owns the locks it gets."""

    ordered = True

    def __init__(self, process: "Process", bus: MemoryBus) -> None:
        self._process = process
        self._bus = bus
        self.max_deliveries = bus.max_deliveries

    async def send(self, queue: str, *events: Event, delay: float = 0) -> None:
        await self._process.visit(f"before enqueue {queue}", Fault.DOWN, port="bus")
        await self._bus.send(queue, *events, delay=delay)
        await self._process.visit(f"after enqueue {queue}", Fault.LOST)

    async def receive(self, queue: str, limit: int = 1) -> list[Delivery]:
        await self._process.visit(f"before receive {queue}", Fault.DOWN, port="bus")
        return self._bus.receive(queue, self._process.owner, limit)

    async def complete(self, delivery: Delivery) -> None:
        await self._process.visit(f"before settle {delivery.queue}", Fault.DOWN, port="bus")
        self._bus.complete(delivery)

    async def abandon(self, delivery: Delivery, *, delay: float = 0) -> None:
        await self._process.visit(f"before abandon {delivery.queue}", Fault.DOWN, port="bus")
        self._bus.abandon(delivery, delay=delay)

    async def check(self) -> str:
        return ""

    async def close(self) -> None:
        """Nothing to close."""


class ChannelReach:
    """The chat service, from one process."""

    typing_after = 1e9
    has_receipts = True
    limits: Sequence[tuple[int, float]] = ((7, 1), (8, 2))

    def __init__(self, process: "Process", receiver: Receiver) -> None:
        self._process = process
        self._receiver = receiver

    async def receive(self, request: Request) -> Received:
        return Received()

    def split(self, activity: Activity) -> list[Activity]:
        return [activity]

    async def send(self, bot: Bot, reference: ConversationReference, activity: Activity) -> str:
        await self._process.visit("before send", Fault.DOWN, Fault.THROTTLE, port="channel")
        id = self._receiver.take(reference.conversation, activity.id, activity.text)
        await self._process.visit("after send", Fault.LOST)
        return id

    async def check(self) -> str:
        return ""


_PURPOSES = (
    ("seen:", "commit"),
    ("dead:", "burial"),
    ("repeat:", "second claim"),
    ("accepted:", "note"),
)


def _purpose(ops: Sequence[Op]) -> str:
    """What a write is for, in a word."""
    for kind, purpose in _PURPOSES:
        if any(op.id.startswith(kind) for op in ops):
            return purpose
    if isinstance(ops[0], Delete):
        return "record"
    return "claim" if ops[0].id.startswith("outbox:") else _kind(ops[0].id)


def _kind(id: str) -> str:
    return id.partition(":")[0]
