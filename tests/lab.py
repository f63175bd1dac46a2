"""A whole fabric in a folder: real store and bus, real pipeline, a channel with a memory."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.event import Event
from shared.fabric import Fabric
from shared.governance.batch import pending
from shared.pipeline.door import accept, facts
from shared.pipeline.outbox import relay, webhooks
from shared.pipeline.turns import settle
from shared.ports.bus import Delivery
from shared.ports.channel import Inbound, Received, Request
from shared.ports.store import Item
from shared.queues import OUTBOUND
from shared.records.ledger_entry import LedgerEntry
from shared.settings import Settings
from shared.skill import Skill
from tests import canary


class MemoryChannel:
    """Remembers what was sent; fails as often and in the way it is told to."""

    typing_after = 1000.0
    has_receipts = True
    idempotent = False
    limits: Sequence[tuple[int, float]] = ()

    def __init__(self) -> None:
        self.sent: list[tuple[str, Activity]] = []
        self.failures: list[BaseException] = []

    async def receive(self, request: Request) -> Received:
        return Received()

    def split(self, activity: Activity) -> list[Activity]:
        return [activity]

    async def send(self, bot: Bot, reference: ConversationReference, activity: Activity) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((reference.conversation, activity))
        return f"message-{len(self.sent)}"

    async def check(self) -> str:
        return ""


class Lab(Fabric):
    """One bot with the given skills. `say`, `drain`, then look at `heard`.

    `manifest` are tables to add to the bot's, `head` keys before its first table.
    """

    def __init__(
        self,
        folder: Path,
        *skills: Skill,
        floorless: str = "",
        manifest: str = "",
        head: str = "",
    ) -> None:
        names = ", ".join(f'"{skill.name}"' for skill in skills)
        bots = folder / "bots"
        bots.mkdir()
        (bots / "lab.toml").write_text(
            f"""
            id = "lab"
            name = "Lab"
            owner = "lab@contoso.example"
            department = "Research"
            skills = [{names}]
            default_skill = "{floorless or skills[0].name}"
            {head}
            [channels.web]
            origins = ["http://localhost:7071"]
            {manifest}
            """
        )
        environ = {
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_DATA_DIR": str(folder / "data"),
            "FABRIC_BOTS_DIR": str(bots),
            "FABRIC_KNOWLEDGE_DIR": str(folder / "knowledge"),
            "FABRIC_BACKENDS_FILE": str(folder / "backends.toml"),
            "FABRIC_POLICY_FILE": str(folder / "policy.toml"),
            "FABRIC_ACCESS_FILE": str(folder / "access.toml"),
            "FABRIC_EMBEDDINGS": "off",
        }
        super().__init__(Settings.from_environ(environ), {skill.name: skill for skill in skills})
        self.memory = MemoryChannel()
        self.count = 0

    def channel(self, name: str) -> Any:
        return self.memory

    def inbound(
        self, text: str, *, conversation: str = "one", id: str = "", **more: Any
    ) -> Inbound:
        self.count += 1
        canary.said(text)
        activity = Activity(type="message", id=id or f"m{self.count}", text=text, **more)
        reference = ConversationReference(
            "lab", "web", conversation, user="ann", reply_to=activity.id
        )
        return Inbound(self.bots["lab"], reference, activity)

    async def say(self, text: str, **more: Any) -> str:
        """A person says something; returns the conversation's key."""
        inbound = self.inbound(text, **more)
        await accept.accept(self, [inbound])
        return inbound.reference.key

    def heard(self, conversation: str = "one") -> list[str]:
        """The texts a person received in a conversation, in order."""
        return [activity.text for where, activity in self.memory.sent if where == conversation]

    async def deliveries(self) -> list[Delivery]:
        """One message of every session that has one, each under its lock."""
        queues = [f"skill-{name}" for name in self.skills]
        queues += [OUTBOUND, "events", "webhooks", "dead-letters"]
        return [d for queue in queues for d in await self.bus.receive(queue, 100)]  # type: ignore[attr-defined]

    async def run(self, delivery: Delivery) -> None:
        """What the host does with one delivery: call the function, complete or abandon."""
        bus: Any = self.bus
        try:
            await self._function(delivery)
        except Exception:
            await bus.abandon(delivery)
        else:
            await bus.complete(delivery)

    async def _function(self, delivery: Delivery) -> None:
        queue, body = delivery.queue, delivery.body
        if queue == OUTBOUND:
            await relay.wake_up(self, Event.from_json(body), delivery.count)
        elif queue == "events":
            await facts.fan_out(self, body)
        elif queue == "webhooks":
            await webhooks.deliver(self, Event.from_json(body))
        elif queue == "dead-letters":
            died = delivery.properties
            await facts.given_up(
                self, body, died["DeadLetterReason"], queue=died["DeadLetterSource"]
            )
        else:
            skill = self.skills[queue.removeprefix("skill-")]
            await settle.work(self, skill, body, delivery.count)

    async def drain(self, until: Callable[[], bool] | None = None) -> None:
        """Run every message there is, those that become due included, until none is left."""
        bus: Any = self.bus
        async with asyncio.timeout(20):
            while not (until and until()):
                if found := await self.deliveries():
                    await asyncio.gather(*(self.run(delivery) for delivery in found))
                elif until is None and not await self._are_left():
                    return
                else:
                    with suppress(TimeoutError):
                        await bus.changed(0.05)

    async def _are_left(self) -> bool:
        """Whether a queue has messages, of which some may not be due yet."""
        bus: Any = self.bus
        return any(sum(count.values()) for count in (await bus.counts()).values())

    async def items(self, key: str, prefix: str) -> list[Item]:
        return await self.store.find(key, prefix)

    async def entries(self, key: str) -> list[LedgerEntry]:
        """The ledger of a conversation that no day has yet."""
        found = await pending(self.store, limit=1000)
        return [one.entry for one in found if one.entry.partition == key]
