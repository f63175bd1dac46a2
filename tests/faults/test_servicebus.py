"""What was reported as sent arrives, whatever the broker and the network do."""

import asyncio
from pathlib import Path
from time import monotonic

import pytest
from azure.servicebus import ServiceBusMessage

from shared.errors import Conflict, PermanentError, Unavailable
from shared.event import Event
from shared.messaging.claim_check import ClaimCheck
from shared.messaging.servicebus import sender
from shared.messaging.servicebus.bus import ServiceBusBus
from shared.storage.files import FileBlobs
from tests.contract.processes import received
from tests.faults.broker import OpenBus, StartPeer, consumed, event, leaves_sockets, strange
from tests.ports import free_port

pytestmark = leaves_sockets


async def insist(bus: ServiceBusBus, event: Event, failed: asyncio.Event | None = None) -> None:
    """Send until it is reported as sent, as the outbox does; `failed` is set when it is not."""
    while True:
        try:
            await bus.send("q", event)
        except Unavailable:
            if failed:
                failed.set()
            await asyncio.sleep(0.05)
        else:
            return


async def eventually_consumed(bus: ServiceBusBus, count: int) -> list[str]:
    """As `consumed`, when locks may be lost on the way."""
    ids: list[str] = []
    while len(set(ids)) < count:
        for delivery in await bus.receive("q", 4):
            try:
                await bus.complete(delivery)
            except (Conflict, Unavailable):
                continue
            ids.append(delivery.id)
        await bus.changed(0.1)
    return ids


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A send is given up after one second, not five."""
    assert sender.SEND_SECONDS <= 5
    monkeypatch.setattr(sender, "SEND_SECONDS", 1.0)


async def failing_send(bus: ServiceBusBus, queue: str = "q") -> tuple[Unavailable, float]:
    """The error of a send, and the seconds it took."""
    started = monotonic()
    with pytest.raises(Unavailable) as caught:
        await bus.send(queue, event("1"))
    return caught.value, monotonic() - started


# --- settings ----------------------------------------------------------------------------------


@pytest.mark.alone
async def test_a_host_that_does_not_answer_is_given_up_soon(
    hasty: None, start_peer: StartPeer, tmp_path: Path
) -> None:
    connection = start_peer().connection.replace("localhost:", f"localhost:{free_port()};Was=")
    bus = ServiceBusBus("", connection=connection, claims=ClaimCheck(FileBlobs(tmp_path)))

    error, seconds = await failing_send(bus)

    assert str(error) == "Service Bus does not answer"
    assert seconds < sender.SEND_SECONDS + 1
    assert await bus.check() == "Service Bus does not answer"
    await bus.close()


async def test_a_missing_queue_says_what_to_create(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    error, _ = await failing_send(open_bus(start_peer()), "skill-router")

    assert str(error).startswith('queue "skill-router" does not exist in the namespace; create')
    assert "sessions required" in str(error)


async def test_a_missing_queue_is_reported_once_while_it_is_looked_for(
    start_peer: StartPeer, open_bus: OpenBus, caplog: pytest.LogCaptureFixture
) -> None:
    bus = open_bus(start_peer())
    assert await bus.receive("skill-router", 4) == []

    async with asyncio.timeout(10):
        while not caplog.records:
            await bus.changed(0.1)
    until = monotonic() + 3
    while monotonic() < until:
        assert await bus.receive("skill-router", 4) == []
        await bus.changed(0.2)

    [record] = [record for record in caplog.records if record.name == "fabric"]
    assert record.message == "servicebus.receive_failed"
    assert 'queue "skill-router" does not exist' in record.__dict__["fields"]["reason"]


# --- connections -------------------------------------------------------------------------------


async def test_a_send_after_a_dropped_connection_makes_a_new_one(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    peer = start_peer()
    bus = open_bus(peer)
    await bus.send("q", event("1"))

    peer.order("drop")
    await bus.send("q", event("2"))

    assert sorted(await consumed(bus, 2)) == ["1", "2"]


async def test_sends_and_receives_survive_connections_that_keep_dropping(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    peer = start_peer("--drop-connections-every", 2)
    sender, receiver = open_bus(peer), open_bus(peer)

    async def conversation(name: str) -> None:
        for n in range(25):
            await insist(sender, event(f"{name}{n:02d}", name))
            await asyncio.sleep(0.1)

    async with asyncio.timeout(60):
        _, ids = await asyncio.gather(
            asyncio.gather(*map(conversation, "abc")), eventually_consumed(receiver, 75)
        )

    assert peer.stats()["faults"]["connectionsDropped"] > 0
    for name in "abc":
        mine = [id for id in ids if id.startswith(name)]
        first_times = list(dict.fromkeys(mine))
        assert first_times == [f"{name}{n:02d}" for n in range(25)]


async def test_concurrent_sends_share_a_link_and_all_arrive(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    peer = start_peer()
    bus = open_bus(peer)

    await asyncio.gather(*(bus.send("q", event(f"{n}")) for n in range(50)))

    stats = peer.stats()
    assert stats["entities"]["q"]["active"] == 50
    assert stats["connections"] == 1


async def test_a_cancelled_send_does_not_spoil_the_next(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    bus = open_bus(start_peer())
    await bus.send("q", event("1"))

    for n in range(10):
        frames = Event(id=f"cancelled-{n}", type="test", data={"text": "x" * 300_000})
        sending = asyncio.create_task(bus.send("q", frames))
        for _ in range(n):
            await asyncio.sleep(0)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    await bus.send("q", event("2"))

    ids: list[str] = []
    async with asyncio.timeout(20):
        while not {"1", "2"} <= set(ids):
            ids += await consumed(bus, 1)
    assert len(ids) == len(set(ids))


# --- outage ------------------------------------------------------------------------------------


@pytest.mark.alone
async def test_sends_in_an_outage_fail_soon_and_work_after_it(
    start_peer: StartPeer, open_bus: OpenBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sender.SEND_SECONDS <= 5
    peer = start_peer()
    bus = open_bus(peer)
    await bus.send("q", event("0"))
    peer.order("pause")

    with monkeypatch.context() as outage:
        outage.setattr(sender, "SEND_SECONDS", 2.0)
        outcomes = await asyncio.gather(*(failing_send(bus) for _ in range(6)))

    assert all(seconds < 2 + 4 for _, seconds in outcomes)
    assert {str(error) for error, _ in outcomes} == {"Service Bus does not answer"}
    peer.order("resume")
    await bus.send("q", event("2"))
    assert await bus.check() == ""


async def test_nothing_is_lost_in_an_outage_amid_sends_and_receives(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    peer = start_peer()
    sender, receiver = open_bus(peer), open_bus(peer)
    failed = asyncio.Event()

    async def send() -> None:
        for n in range(40):
            await insist(sender, event(f"{n:02d}", f"session-{n % 4}"), failed)
            await asyncio.sleep(0.05)

    sending = asyncio.create_task(send())
    await received(receiver, "q")
    peer.order("pause")
    await failed.wait()
    peer.order("resume")
    async with asyncio.timeout(60):
        ids = await eventually_consumed(receiver, 40)
    await sending

    for session in range(4):
        mine = dict.fromkeys(id for id in ids if int(id) % 4 == session)
        assert list(mine) == [f"{n:02d}" for n in range(40) if n % 4 == session]


# --- acknowledgements --------------------------------------------------------------------------


async def test_a_lost_settlement_repeats_a_message_and_loses_none(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    peer = start_peer("--lose-settlement-rate", 0.4, "--seed", 7, lockDurationSeconds=2)
    bus = open_bus(peer)
    await bus.send("q", *(event(f"{n}") for n in range(12)))

    async with asyncio.timeout(60):
        ids = await eventually_consumed(bus, 12)
        while (left := peer.stats()["entities"]["q"])["active"] + left["locked"]:
            ids += await eventually_consumed(bus, 1)

    assert set(ids) == {str(n) for n in range(12)}
    assert len(ids) == 12 + peer.stats()["faults"]["settlementsLost"]


async def test_a_copy_that_the_broker_made_has_the_id_of_the_first(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    peer = start_peer("--duplicate-rate", 1, duplicateDetectionSeconds=0)
    bus = open_bus(peer)
    await bus.send("q", event("1", "c"))

    first = await received(bus, "q")
    await bus.complete(first[0])
    [second] = await received(bus, "q")

    assert (second.id, second.session, second.body) == ("1", "c", first[0].body)


async def test_a_message_sent_again_is_dropped_by_its_id(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    peer = start_peer()
    one, other = open_bus(peer), open_bus(peer)

    await one.send("q", event("1"))
    await other.send("q", event("1"))

    assert peer.stats()["entities"]["q"]["active"] == 1


# --- sizes and strangers -----------------------------------------------------------------------


async def test_an_oversized_message_travels_as_a_ticket(
    start_peer: StartPeer, open_bus: OpenBus, tmp_path: Path
) -> None:
    bus = open_bus(start_peer())
    large = Event(id="large", type="test", data={"text": "x" * 5_000_000}, conversation="c")
    small = Event(id="small", type="test", data={"text": "x" * 100}, conversation="c")

    await bus.send("q", large, small)

    [delivery] = await received(bus, "q")
    ticket = Event.from_json(delivery.body)
    assert (ticket.id, ticket.conversation, ticket.is_ticket) == ("large", "c", True)
    assert len(delivery.body) < 1000
    claims = ClaimCheck(FileBlobs(tmp_path / "blobs"))
    assert (await claims.redeem(ticket)).data == large.data


class Travelling(ClaimCheck):
    """Lets everything travel."""

    async def check_in(self, queue: str, event: Event, limit: int) -> Event:
        return event


async def test_a_message_over_the_limit_of_the_broker_is_never_tried_again(
    start_peer: StartPeer, open_bus: OpenBus, tmp_path: Path
) -> None:
    bus = open_bus(start_peer(), claims=Travelling(FileBlobs(tmp_path)))

    with pytest.raises(PermanentError) as caught:
        await bus.send("q", Event(id="1", type="test", data={"text": "x" * 1_200_000}))

    assert caught.value.reason == "too_large"
    await bus.send("q", event("2"))


async def test_more_than_a_batch_holds_arrives_in_order(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    bus = open_bus(start_peer())
    many = [
        Event(id=f"{n:02d}", type="test", data={"text": "x" * 60_000}, conversation="c")
        for n in range(30)
    ]

    await bus.send("q", *many)

    async with asyncio.timeout(30):
        assert await consumed(bus, 30) == [event.id for event in many]


@pytest.mark.parametrize("body", [b"\xff\xfe not text", b"", b"[1, 2"], ids=repr)
async def test_a_body_of_a_stranger_can_be_put_aside(
    start_peer: StartPeer, open_bus: OpenBus, body: bytes
) -> None:
    peer = start_peer()
    await strange(peer, ServiceBusMessage(body, session_id="s"))
    bus = open_bus(peer)

    [delivery] = await received(bus, "q")
    with pytest.raises(ValueError, match=r"\w"):
        Event.from_json(delivery.body)
    await bus.dead_letter(delivery, "not_an_event")

    [dead] = await received(bus, "dead-letters")
    assert (dead.body, dead.properties["DeadLetterReason"]) == (delivery.body, "not_an_event")
    assert dead.properties["DeadLetterSource"] == "q"


async def test_a_queue_without_sessions_where_order_needs_them_is_told_of(
    start_peer: StartPeer, open_bus: OpenBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.servicebus.inbox.PLAIN", ("dead-letters",))
    bus = open_bus(start_peer())
    await bus.send("events", event("1"))

    [delivery] = await received(bus, "events")
    await bus.complete(delivery)

    assert "has no sessions" in await bus.check()


async def test_a_missing_queue_shows_in_the_check_until_it_is_there(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    bus = open_bus(start_peer())
    assert await bus.check() == ""

    await failing_send(bus, "skill-router")

    assert 'queue "skill-router" does not exist' in await bus.check()


async def test_an_entity_in_the_connection_string_does_not_matter(
    start_peer: StartPeer, tmp_path: Path
) -> None:
    connection = f"{start_peer().connection};EntityPath=another"
    bus = ServiceBusBus("", connection=connection, claims=ClaimCheck(FileBlobs(tmp_path)))

    await bus.send("q", event("1"))

    assert await bus.check() == ""
    await bus.close()
