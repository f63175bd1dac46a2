"""What an echo turn asks of the store and of the bus, counted: the same on every machine.

`make bench-quick` prints it. Request units are what Cosmos DB's published charges make of each
operation and its size; bytes are those of the documents that are written.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.fabric import Fabric
from shared.pipeline.door.accept import accept
from shared.pipeline.turns.settle import work
from shared.ports.channel import Inbound, Received, Request
from shared.ports.store import Create, Etags, Item, Op, Store
from shared.queues import skill_queue
from shared.settings import Settings
from shared.skill import Skill
from shared.storage.cosmos.batch import Batch
from shared.turn import Turn
from stand_ins.cosmos import charges

BOT = """
id = "echo"
name = "Echo"
owner = "lab@contoso.example"
department = "Research"
skills = ["echo"]
default_skill = "echo"
[channels.teams]
"""

REFERENCE = ConversationReference(
    "echo", "teams", "a:one", user="29:ann", service_url="https://smba.example/emea/"
)

echo = Skill("echo", "Says it again")


@echo.on_message
async def answer(turn: Turn) -> None:
    turn.reply(f"echo: {turn.text}")


@dataclass(slots=True)
class Price:
    """Calls of the store in their order, `queries` among them, and what they cost.

    `waits` counts what happens one after the other from the webhook to the reply, the queue's
    part included: the send, and the delivery.
    """

    calls: list[str] = field(default_factory=list)
    queries: int = 0
    request_units: float = 0.0
    bytes_written: int = 0
    waits: int = 0

    @property
    def trips(self) -> int:
        return len(self.calls)


class PricedStore:
    """A store around a store that says what each call would cost on Cosmos DB."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: set[tuple[str, str]] = set()
        self.price = Price()

    async def get(self, partition: str, id: str) -> Item | None:
        item = await self._store.get(partition, id)
        status = 200 if item else 404
        self._call(f"get {_kind(id)}", charges.of("Read", status, _document(item), replaced=False))
        return item

    async def find(self, partition: str | None, prefix: str, **more: Any) -> list[Item]:
        items = await self._store.find(partition, prefix, **more)
        self.price.queries += 1
        self._call(f"find {_kind(prefix)}", charges.of_page([_document(item) for item in items]))
        return items

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        etags = await self._store.write(partition, *ops, durable=durable)
        units = 0.0
        for step in Batch.of(partition, ops, time()).steps:
            place, deleted = (partition, step.op.id), step.document is None
            replaced = not isinstance(step.op, Create) and place in self._known
            units += charges.of(
                "Delete" if deleted else "Write", 200, step.document, replaced=replaced
            )
            self.price.bytes_written += 0 if deleted else len(_json(step.document))
            self._known.add(place)
        self._call("write " + " ".join(_kind(op.id) for op in ops), units)
        return etags

    async def check(self) -> str:
        return await self._store.check()

    async def close(self) -> None:
        await self._store.close()

    def _call(self, name: str, units: float) -> None:
        self.price.calls.append(name)
        self.price.waits += 1
        self.price.request_units += units


class _Telephone:
    """A channel that takes everything, and notes what it took to be reached."""

    typing_after, has_receipts = 1000.0, False
    limits: Sequence[tuple[int, float]] = ()

    def __init__(self, store: PricedStore) -> None:
        self._store = store
        self.heard: list[str] = []
        self.waits = 0

    async def receive(self, request: Request) -> Received:
        return Received()

    def split(self, activity: Activity) -> list[Activity]:
        return [activity]

    async def send(self, bot: Bot, reference: ConversationReference, activity: Activity) -> str:
        self.heard.append(activity.text)
        self.waits = self._store.price.waits + 1
        return f"message-{len(self.heard)}"

    async def check(self) -> str:
        return ""


class Shop(Fabric):
    """A fabric in a folder whose store tells its prices, unless they are in the way."""

    def __init__(
        self, folder: Path, *, bot: str = BOT, skill: Skill = echo, priced: bool = True
    ) -> None:
        (folder / "bots").mkdir()
        (folder / "bots" / "echo.toml").write_text(bot)
        self.skill = skill
        environ = {
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_DATA_DIR": str(folder / "data"),
            "FABRIC_BOTS_DIR": str(folder / "bots"),
            "FABRIC_KNOWLEDGE_DIR": str(folder / "knowledge"),
            "FABRIC_BACKENDS_FILE": str(folder / "backends.toml"),
            "FABRIC_ACCESS_FILE": str(folder / "access.toml"),
        }
        super().__init__(Settings.from_environ(environ), {skill.name: skill})
        self.priced = PricedStore(self.store)
        if priced:
            self.store = self.priced
        self.telephone = _Telephone(self.priced)

    def channel(self, name: str) -> Any:
        return self.telephone

    def inbound(self, number: int) -> Inbound:
        """What a person says, as the channel tells it."""
        activity = Activity(
            type="message",
            id=f"1:{number}",
            text=f"hello {number}",
            timestamp=datetime.now(UTC).isoformat(timespec="milliseconds"),
            **{"from": {"id": "29:ann"}},
        )
        reference = replace(REFERENCE, reply_to=activity.id)
        return Inbound(self.bots["echo"], reference, activity)

    async def turn(self, number: int) -> Price:
        """Say something and hear the answer; return what that cost."""
        self.priced.price = Price()
        await accept(self, [self.inbound(number)])
        return await self.work()

    async def work(self) -> Price:
        """Do what waits; return what was paid since the price was set anew."""
        bus: Any = self.bus
        self.priced.price.waits += 2
        for delivery in await bus.receive(skill_queue(self.skill.name), 10):
            await work(self, self.skill, delivery.body, delivery.count)
            await bus.complete(delivery)
        price = self.priced.price
        price.waits = self.telephone.waits
        return price


async def price_of_a_turn() -> Price:
    """Return what the third turn of a conversation costs: the ones before have set the table."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        try:
            for number in range(2):
                await shop.turn(number)
            return await shop.turn(2)
        finally:
            await shop.close()


def _kind(id: str) -> str:
    return id.partition(":")[0]


def _document(item: Item | None) -> dict[str, Any]:
    return {} if item is None else {"partition": item.partition, "id": item.id, "body": item.body}


def _json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
