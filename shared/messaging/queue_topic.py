"""Facts without an event broker: they go to a queue of the bus, which is fanned out from."""

from shared.event import Event
from shared.ports.bus import Bus
from shared.queues import EVENTS


class QueueTopic:
    """A topic that is a queue. The bus belongs to whoever made it."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, *events: Event) -> None:
        await self._bus.send(EVENTS, *events)

    async def check(self) -> str:
        return await self._bus.check()

    async def close(self) -> None:
        """Nothing of its own to close."""
