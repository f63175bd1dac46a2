"""The bus: queues of commands, and the topic of facts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.event import Event


class Bus(Protocol):
    """Queues of commands. The trigger that receives and settles belongs to the host.

    `ordered` when messages of one session are delivered one at a time and in order;
    `max_deliveries` is after how many one counts as poison.
    """

    ordered: bool
    max_deliveries: int

    async def send(self, queue: str, *events: Event, delay: float = 0) -> None:
        """Enqueue in order, durable on return; all or nothing.

        The message id is `event.id` (a second send of it within the duplicate window is
        dropped), the session `event.conversation`, or the event's own id when that is empty.
        `delay` in seconds hides the messages until then. Raises Unavailable.
        """
        ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message under peek-lock. `count` is 1 on the first delivery."""

    queue: str
    id: str
    session: str
    body: str
    count: int
    token: str
    locked_until: float
    enqueued_at: float
    properties: Mapping[str, str] = field(default_factory=dict)


class PeekLockBus(Bus, Protocol):
    """What a host needs beside: receive and settle. The embedded bus has it."""

    async def receive(self, queue: str, limit: int = 1) -> list[Delivery]:
        """Lock up to `limit` sessions and hand out the first message of each; never waits."""
        ...

    async def changed(self, timeout: float) -> Collection[str]:  # noqa: ASYNC109 -- no deadline
        """The queues that may have something, as soon as there are any.

        None are named after `timeout` seconds, or when it may be any of them.
        """
        ...

    async def renew(self, delivery: Delivery) -> None: ...

    async def complete(self, delivery: Delivery, /) -> None: ...

    async def abandon(self, delivery: Delivery, *, delay: float = 0) -> None: ...

    async def dead_letter(self, delivery: Delivery, reason: str, description: str = "") -> None: ...


class Topic(Protocol):
    """Facts for others."""

    async def publish(self, *events: Event) -> None: ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...
