"""Storage Queue when the key, the network, the server or the messages are not as they should."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue.aio import QueueClient

from shared.clients import storage_account
from shared.errors import ConfigurationError, Unavailable
from shared.event import Event
from shared.messaging.claim_check import ClaimCheck
from shared.messaging.storagequeue.bus import LIMIT, StorageQueueBus
from shared.storage.files import FileBlobs
from stand_ins.azurite.process import KEY
from tests.contract.processes import received
from tests.faults.credential import Token
from tests.faults.storage import Account, account, drop, throttled

WRONG_KEY = "d3Jvbmcga2V5LCBidXQgYmFzZTY0"
SEND = b"POST /devstoreaccount1/skill-q/messages"
Open = Callable[..., StorageQueueBus]


@pytest.fixture
async def azure() -> AsyncIterator[Account]:
    async with account() as made:
        yield made


@pytest.fixture
def claims(tmp_path: Path) -> ClaimCheck:
    return ClaimCheck(FileBlobs(tmp_path / "claims"))


@pytest.fixture
async def open_bus(azure: Account, claims: ClaimCheck) -> AsyncIterator[Open]:
    opened: list[StorageQueueBus] = []

    def open(connection: str = "", lock_seconds: float = 600) -> StorageQueueBus:
        bus = StorageQueueBus(
            "",
            connection=connection or azure.connection(),
            claims=claims,
            lock_seconds=lock_seconds,
        )
        opened.append(bus)
        return bus

    yield open
    for bus in opened:
        await bus.close()


@pytest.fixture
def bus(open_bus: Open) -> StorageQueueBus:
    return open_bus()


def event(id: str = "1", **data: object) -> Event:
    return Event(id=id, type="test", data=data, conversation="c")


async def failure(bus: StorageQueueBus) -> tuple[Unavailable, float]:
    """How a send fails, and after how many seconds."""
    started = monotonic()
    with pytest.raises(Unavailable) as error:
        await bus.send("skill-q", event())
    return error.value, monotonic() - started


async def put(azure: Account, text: str) -> None:
    """What somebody else put on our queue, as it is."""
    connection = azure.connection()
    async with QueueClient.from_connection_string(connection, "skill-q") as queue:
        with suppress(ResourceExistsError):
            await queue.create_queue()
        await queue.send_message(text)


# --- settings ----------------------------------------------------------------------------------


async def test_a_wrong_key_names_the_setting_and_not_the_key(
    open_bus: Open, azure: Account
) -> None:
    bus = open_bus(azure.connection(WRONG_KEY))

    error, _ = await failure(bus)

    assert "AzureWebJobsStorage" in str(error)
    assert WRONG_KEY not in str(error)
    assert await bus.check() == str(error)
    with pytest.raises(Unavailable, match="AzureWebJobsStorage"):
        await bus.receive("skill-q")


@pytest.mark.parametrize("key", ["no base64!", KEY[:-3]])
async def test_a_key_that_is_none_names_the_setting(
    open_bus: Open, azure: Account, key: str
) -> None:
    error, _ = await failure(open_bus(azure.connection(key)))

    assert "AzureWebJobsStorage" in str(error)
    assert key not in str(error)


@pytest.mark.parametrize("connection", ["nonsense", "AccountKey=secret", "AccountName=a;b"])
async def test_what_is_no_connection_string_names_the_setting(
    open_bus: Open, connection: str
) -> None:
    error, _ = await failure(open_bus(connection))

    assert "AzureWebJobsStorage" in str(error)
    assert "secret" not in str(error)


async def test_an_account_that_does_not_exist_names_the_setting(claims: ClaimCheck) -> None:
    bus = StorageQueueBus("nobody.invalid", connection="", credential=Token(), claims=claims)

    error, seconds = await failure(bus)
    await bus.close()

    assert "FABRIC_BUS_URL" in str(error)
    assert seconds < 6


def test_no_account_at_all_is_a_configuration_error(claims: ClaimCheck) -> None:
    with pytest.raises(ConfigurationError, match="FABRIC_BUS_URL"):
        StorageQueueBus("", claims=claims)


# --- network -----------------------------------------------------------------------------------


async def test_a_server_that_is_gone_is_unavailable_soon_and_works_again_when_back(
    bus: StorageQueueBus, azure: Account
) -> None:
    await bus.send("skill-q", event())
    azure.server.stop()

    _, seconds = await failure(bus)
    assert seconds < 6
    assert "queue storage" in await bus.check()
    with pytest.raises(Unavailable):
        await bus.receive("skill-q")

    azure.server.start()
    await bus.send("skill-q", event("2"))
    [delivery] = await bus.receive("skill-q")
    assert delivery.id == "2"


async def test_a_consumer_hears_of_messages_after_an_outage(
    bus: StorageQueueBus, open_bus: Open, azure: Account
) -> None:
    other = open_bus()
    assert await bus.receive("skill-q") == []
    azure.queue.cut()
    assert await bus.changed(1) == set()

    azure.queue.restore()
    await other.send("skill-q", event())

    assert await bus.changed(10) == {"skill-q"}


async def test_dropped_connections_go_unnoticed(bus: StorageQueueBus, azure: Account) -> None:
    for n in range(5):
        await bus.send("skill-q", event(str(n)))
        drop(azure.queue)

    ids: list[str] = []
    for _ in range(5):
        [delivery] = await bus.receive("skill-q")
        drop(azure.queue)
        await bus.complete(delivery)
        ids.append(delivery.id)
    assert sorted(ids) == ["0", "1", "2", "3", "4"]


@pytest.mark.alone
async def test_a_server_that_does_not_answer_is_unavailable_soon(
    bus: StorageQueueBus, azure: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert storage_account.CALL_SECONDS <= 5
    await bus.send("skill-q", event())
    monkeypatch.setattr(storage_account, "CALL_SECONDS", 1.0)
    azure.queue.delay = 30

    error, seconds = await failure(bus)

    assert seconds < 2
    assert error.maybe_done


async def test_a_slow_answer_is_waited_for(bus: StorageQueueBus, azure: Account) -> None:
    azure.queue.delay = 0.5

    await bus.send("skill-q", event())

    [delivery] = await bus.receive("skill-q")
    await bus.complete(delivery)
    assert await bus.receive("skill-q") == []


async def test_a_send_whose_answer_is_lost_leaves_at_least_one(
    bus: StorageQueueBus, azure: Account
) -> None:
    await bus.send("skill-q", event("first"))
    azure.queue.swallow = [SEND]

    await bus.send("skill-q", event("again"))

    assert azure.queue.swallow == []
    ids = [delivery.id for delivery in await bus.receive("skill-q", 10)]
    assert sorted(ids) == ["again", "again", "first"]


async def test_a_completion_whose_answer_is_lost_is_one(
    bus: StorageQueueBus, azure: Account
) -> None:
    await bus.send("skill-q", event())
    [delivery] = await bus.receive("skill-q")
    azure.queue.swallow = [b"DELETE "]

    await bus.complete(delivery)

    assert azure.queue.swallow == []


async def test_answers_that_are_all_lost_are_reported(bus: StorageQueueBus, azure: Account) -> None:
    await bus.send("skill-q", event())
    azure.queue.swallow = [SEND] * 100

    error, seconds = await failure(bus)

    assert seconds < 6
    assert error.maybe_done


async def test_throttling_says_when_to_come_again(open_bus: Open) -> None:
    async with throttled(seconds=7) as connection:
        error, seconds = await failure(open_bus(connection))

    assert error.after == 7
    assert "ServerBusy" in str(error)
    assert seconds < 6


# --- queues and messages -----------------------------------------------------------------------


async def test_a_queue_that_was_removed_is_made_again(bus: StorageQueueBus, azure: Account) -> None:
    await bus.send("skill-q", event("lost"))
    async with QueueClient.from_connection_string(azure.connection(), "skill-q") as queue:
        await queue.delete_queue()

    assert await bus.receive("skill-q") == []
    await bus.send("skill-q", event("2"))

    [delivery] = await bus.receive("skill-q")
    assert delivery.id == "2"


async def test_a_name_that_no_queue_can_have_is_refused(bus: StorageQueueBus) -> None:
    with pytest.raises(Unavailable, match="queue storage answered 400"):
        await bus.send("Not A Queue", event())


async def test_the_largest_event_travels_whole_and_one_byte_more_by_ticket(
    bus: StorageQueueBus, claims: ClaimCheck
) -> None:
    room = LIMIT - len(event(text="").to_json())
    largest = Event(id="1", type="test", data={"text": "x" * room}, conversation="c")
    larger = Event(id="2", type="test", data={"text": "x" * (room + 1)}, conversation="c")

    await bus.send("skill-q", largest, larger)

    bodies = {d.id: Event.from_json(d.body) for d in await bus.receive("skill-q", 10)}
    assert bodies["1"].data == largest.data
    assert bodies["2"].data == {}
    assert (await claims.redeem(bodies["2"])).data == larger.data


@pytest.mark.parametrize(
    "text",
    ["hello, is this a queue?", "aGVsbG8", b64encode(b"\xff\xfe\x00").decode()],
    ids=["plain text", "cut base64", "not UTF-8"],
)
async def test_a_body_that_cannot_be_decoded_is_dead_at_once_and_holds_nobody_up(
    bus: StorageQueueBus, azure: Account, text: str
) -> None:
    await put(azure, text)
    await bus.send("skill-q", event("ours"))

    assert [delivery.id for delivery in await bus.receive("skill-q", 10)] == ["ours"]
    [dead] = await received(bus, "dead-letters", 10)
    assert dead.properties["DeadLetterReason"] == "undecodable"
    assert dead.properties["DeadLetterSource"] == "skill-q"
    await bus.complete(dead)
    assert await bus.receive("dead-letters", 10) == []
    assert await bus.receive("skill-q", 10) == []


async def test_a_poison_queue_is_read_as_it_is(bus: StorageQueueBus, azure: Account) -> None:
    """A function of its own reads each, and puts on record what nobody can decode."""
    await put(azure, "plain text")
    assert await bus.receive("skill-q", 10) == []

    [dead] = await received(bus, "skill-q-poison")

    assert dead.body == "plain text"
    await bus.complete(dead)


@pytest.mark.parametrize(
    "body",
    [b"hello", b'{"specversion": "1.0"}', b"[" * 30_000, b""],
    ids=["no JSON", "no event", "deep JSON", "empty"],
)
async def test_a_body_that_is_no_event_reaches_the_function_that_records_it(
    bus: StorageQueueBus, azure: Account, body: bytes
) -> None:
    await put(azure, b64encode(body).decode())

    [delivery] = await received(bus, "skill-q")

    assert delivery.body == body.decode()
    await bus.complete(delivery)
    assert await bus.receive("skill-q", 10) == []


async def test_what_cannot_be_moved_now_does_not_take_the_others_with_it(
    bus: StorageQueueBus, azure: Account
) -> None:
    await put(azure, "plain text")
    await bus.send("skill-q", event("ours"))
    azure.queue.swallow = [b"POST /devstoreaccount1/skill-q-poison/messages"] * 3

    assert [delivery.id for delivery in await bus.receive("skill-q", 10)] == ["ours"]


async def test_another_process_tells_the_reason_from_the_body(
    bus: StorageQueueBus, open_bus: Open, azure: Account
) -> None:
    await put(azure, "plain text")
    assert await bus.receive("skill-q", 10) == []

    other = open_bus()
    assert await other.receive("skill-q") == []
    [dead] = await other.receive("dead-letters")
    assert dead.body == "plain text"
    assert dead.properties == {
        "DeadLetterReason": "undecodable",
        "DeadLetterSource": "skill-q",
    }


async def test_the_last_failure_moves_a_message_at_once(bus: StorageQueueBus) -> None:
    await bus.send("skill-q", event())
    for _ in range(5):
        [delivery] = await bus.receive("skill-q")
        await bus.abandon(delivery)

    [dead] = await bus.receive("dead-letters")
    assert dead.properties["DeadLetterReason"] == "MaxDeliveryCountExceeded"


async def test_a_delay_over_seven_days_is_cut(bus: StorageQueueBus) -> None:
    await bus.send("skill-q", event(), delay=8 * 86_400)

    assert await bus.receive("skill-q") == []


async def test_a_renewal_that_is_cancelled_does_not_lose_the_lock(
    bus: StorageQueueBus, azure: Account
) -> None:
    await bus.send("skill-q", event())
    [delivery] = await bus.receive("skill-q")
    azure.queue.delay = 0.3
    renewal = asyncio.create_task(bus.renew(delivery))
    await asyncio.sleep(0.1)
    renewal.cancel()

    await bus.complete(delivery)

    azure.queue.delay = 0
    async with QueueClient.from_connection_string(azure.connection(), "skill-q") as queue:
        assert (await queue.get_queue_properties()).approximate_message_count == 0
