"""One message through the Service Bus adapter against the bare call of the SDK, on one broker."""

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from shared.event import Event
from shared.messaging.claim_check import ClaimCheck
from shared.messaging.servicebus.bus import ServiceBusBus
from shared.storage.files import FileBlobs
from tests.broker_process import ServiceBusProcess, queues

MESSAGES = 300
ROUNDS = 9
QUEUE = "bench"

Send = Callable[[Event, str], Awaitable[None]]


@dataclass(frozen=True)
class SendCost:
    """Milliseconds a message, the median of the rounds, clock and CPU of this process.

    `ratio` is the median over the rounds of ours by the bare call beside it.
    """

    ours: tuple[float, float]
    bare: tuple[float, float]
    ratio: tuple[float, float]


async def send_cost(folder: Path) -> SendCost:
    from azure.servicebus import ServiceBusMessage
    from azure.servicebus.aio import ServiceBusClient

    peer = ServiceBusProcess.start(folder, queues(QUEUE))
    claims = ClaimCheck(FileBlobs(folder / "blobs"))
    bus = ServiceBusBus("", connection=peer.connection, claims=claims)
    client = ServiceBusClient.from_connection_string(peer.connection)
    sender = client.get_queue_sender(QUEUE)

    async def ours(event: Event, body: str) -> None:
        await bus.send(QUEUE, event)

    async def bare(event: Event, body: str) -> None:
        await sender.send_messages(
            ServiceBusMessage(body, message_id=event.id, session_id=event.conversation)
        )

    try:
        await _round(ours, 20)
        await _round(bare, 20)
        pairs = []
        for number in range(ROUNDS):
            first, second = (ours, bare) if number % 2 else (bare, ours)
            costs = {first: await _round(first, MESSAGES), second: await _round(second, MESSAGES)}
            pairs.append((costs[ours], costs[bare]))
    finally:
        await bus.close()
        await client.close()
        peer.stop()
    return SendCost(*(_medians(pairs, side) for side in (0, 1)), _ratio(pairs))


def _medians(pairs: list[tuple[tuple[float, float], ...]], side: int) -> tuple[float, float]:
    return median(p[side][0] for p in pairs), median(p[side][1] for p in pairs)


def _ratio(pairs: list[tuple[tuple[float, float], ...]]) -> tuple[float, float]:
    return (
        median(ours[0] / bare[0] for ours, bare in pairs),
        median(ours[1] / bare[1] for ours, bare in pairs),
    )


async def _round(send: Send, count: int) -> tuple[float, float]:
    """Clock and CPU, milliseconds a message."""
    text = {"activity": {"type": "message", "text": "how do I get a new badge?" * 30}}
    events = [
        Event(
            id=uuid.uuid4().hex,
            type="fabric.activity",
            data=text,
            bot="helpdesk",
            conversation=f"c{n}",
            origin=uuid.uuid4().hex,
            traceparent=f"00-{uuid.uuid4().hex}-00f067aa0ba902b7-01",
        )
        for n in range(count)
    ]
    work = [(event, event.to_json()) for event in events]
    clock, cpu = time.perf_counter(), time.process_time()
    for event, body in work:
        await send(event, body)
    return (
        (time.perf_counter() - clock) / count * 1000,
        (time.process_time() - cpu) / count * 1000,
    )
