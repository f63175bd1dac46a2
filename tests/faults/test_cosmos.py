"""The Cosmos store when the service, the network or the settings are against it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic, time
from typing import Any
from uuid import uuid4

import pytest
from azure.core.credentials import AccessToken
from azure.cosmos.aio import ContainerProxy, CosmosClient

from shared.clients.cosmos import connect, errors
from shared.errors import Conflict, PermanentError, Unavailable
from shared.observability.meter import metering
from shared.ports.store import Create, Delete, Item, Op, Put
from shared.skill import Skill
from shared.storage.cosmos.documents import CONTAINERS
from shared.storage.cosmos.store import CosmosStore
from shared.turn import Turn
from tests.contract.cosmos import ANY_KEY, Peer, peer
from tests.faults.answers import Answer, answers
from tests.faults.proxy import Proxy, proxy
from tests.lab import Lab

CONVERSATION = f"helpdesk.web.{'0f' * 16}"
BATCH = b"x-ms-cosmos-is-batch-request"


@pytest.fixture(scope="module")
def server() -> Any:
    with peer() as started:
        yield started


@asynccontextmanager
async def opened(endpoint: str, key: str = ANY_KEY, **options: Any) -> AsyncIterator[CosmosStore]:
    store = CosmosStore(endpoint, options.pop("database", "fabric"), key=key, **options)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def between(server: Peer) -> AsyncIterator[Proxy]:
    async with proxy("127.0.0.1", server.port) as made:
        yield made


@pytest.fixture
def database() -> str:
    """One of this test's own."""
    return f"test-{uuid4().hex[:12]}"


@pytest.fixture
async def store(between: Proxy, database: str) -> AsyncIterator[CosmosStore]:
    """With the proxy in the middle."""
    async with opened(f"http://{between.address}", database=database) as made:
        assert await made.check() == ""
        yield made


@asynccontextmanager
async def raw(endpoint: str, database: str, name: str) -> AsyncIterator[ContainerProxy]:
    """The service without us."""
    async with CosmosClient(endpoint, ANY_KEY, enable_endpoint_discovery=False) as client:
        yield client.get_database_client(database).get_container_client(name)


# --- settings ----------------------------------------------------------------------------------


async def test_a_wrong_key_names_its_setting() -> None:
    right, wrong = (base64.b64encode(key).decode() for key in (b"right", b"wrong"))
    with peer("--key", right) as server:
        async with opened(server.endpoint, right) as store:
            await store.write("p", Create("k", {}))
            assert await store.check() == ""
        async with opened(server.endpoint, wrong) as store:
            assert "FABRIC_COSMOS_KEY" in await store.check()
            with pytest.raises(Unavailable, match="FABRIC_COSMOS_KEY") as error:
                await store.write("p", Create("k", {}))
            assert wrong not in str(error.value)


class Identity:
    """A credential whose token anybody may have."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken("token", int(time()) + 3600)

    async def close(self) -> None: ...

    async def __aenter__(self) -> "Identity":
        return self

    async def __aexit__(self, *error: object) -> None: ...


async def test_with_a_token_what_is_missing_is_named_not_made(server: Peer, tmp_path: Path) -> None:
    async with (
        answers(server.endpoint, tls=tmp_path) as front,
        opened(front.endpoint, "", credential=Identity(), database="absent") as store,
    ):
        assert "FABRIC_STORE_URL" in await store.check()

        async with CosmosClient(
            server.endpoint, ANY_KEY, enable_endpoint_discovery=False
        ) as client:
            await client.create_database("absent")
        told = await store.check()
        assert all(part in told for part in ("'conversations'", "/partition", "-1"))
        with pytest.raises(Unavailable, match="'shared'"):
            await store.get("p", "k")

    async with opened(server.endpoint, database="absent") as store:
        assert await store.check() == ""
    async with opened(front.endpoint, "", credential=Identity(), database="absent") as store:
        assert "does not answer" in await store.check()


async def test_a_missing_role_is_named(server: Peer, tmp_path: Path) -> None:
    async with (
        answers(server.endpoint, tls=tmp_path) as front,
        opened(front.endpoint, "", credential=Identity()) as store,
    ):
        front.part, front.scripted = "/colls", [Answer(403)]
        assert "Cosmos DB Built-in Data Contributor" in await store.check()
        front.scripted = [Answer(401)]
        assert "tenant" in await store.check()


async def test_with_a_key_what_is_missing_is_made_once(server: Peer) -> None:
    async with (
        opened(server.endpoint, database="fresh") as one,
        opened(server.endpoint, database="fresh") as other,
    ):
        for told in await asyncio.gather(one.check(), other.check()):
            assert told == ""
    for name in CONTAINERS:
        async with raw(server.endpoint, "fresh", name) as container:
            made = await container.read()
            assert made["partitionKey"]["paths"] == ["/partition"]
            assert made["defaultTtl"] == -1
            assert made["indexingPolicy"]["compositeIndexes"]


async def test_a_container_that_is_dropped_is_made_again(
    store: CosmosStore, server: Peer, database: str
) -> None:
    await store.write("p", Create("k", {}))
    async with CosmosClient(server.endpoint, ANY_KEY, enable_endpoint_discovery=False) as client:
        await client.delete_database(database)

    assert await store.get("p", "k") is None
    await store.write("p", Create("k", {}))
    assert await store.get("p", "k")


# --- the service -------------------------------------------------------------------------------


async def test_throttling_is_waited_out() -> None:
    with peer("--throttle-rate", 0.3, "--seed", 7) as server:
        async with opened(server.endpoint) as store:
            for n in range(30):
                await store.write(CONVERSATION, Create(f"k:{n:02d}", {}), Create(f"s:{n}", {}))
                assert await store.get(CONVERSATION, f"k:{n:02d}")
            assert len(await store.find(CONVERSATION, "k:")) == 30
            assert len(await store.find(None, "k:", limit=7)) == 7


@pytest.mark.alone
async def test_throttling_without_end_is_unavailable_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert errors.PATIENCE <= 5
    monkeypatch.setattr(errors, "PATIENCE", 2.0)
    with peer("--throttle-rate", 1, "--retry-after-ms", 400) as server:
        async with opened(server.endpoint) as store:
            before = monotonic()
            with pytest.raises(Unavailable, match="throttles") as error:
                await store.write("p", Create("k", {}))
            assert monotonic() - before < errors.PATIENCE + 1
            assert error.value.after is not None
            assert not error.value.maybe_done


def failed(status: int) -> str:
    """A batch of two of which the second met `status`."""
    second = {"statusCode": status, "retryAfterMilliseconds": 20}
    return json.dumps([{"statusCode": 424}, second])


@pytest.mark.parametrize(
    "answer",
    [
        Answer(207, failed(429)),
        Answer(207, failed(449)),
        Answer(429, headers={"x-ms-retry-after-ms": "20"}),
        Answer(503),
        Answer(500),
        Answer(408),
        Answer(449),
        Answer(410, headers={"x-ms-substatus": "1007"}),
        Answer(404, headers={"x-ms-substatus": "1002"}),
    ],
    ids=lambda answer: f"{answer.status}{answer.body[-40:-37]}",
)
async def test_a_passing_failure_is_tried_again(
    server: Peer, answer: Answer, database: str
) -> None:
    async with (
        answers(server.endpoint) as front,
        opened(front.endpoint, database=database) as store,
    ):
        await store.write("p", Create("k:0", {}))
        front.scripted = [answer]
        await store.write("p", Create("k:1", {}), Create("k:2", {}))
        if answer.status != 207:
            front.scripted = [answer]
            assert await store.get("p", "k:1")
            front.scripted = [answer]
        assert len(await store.find("p", "k:")) == 3
        assert front.scripted == []


async def test_a_request_that_is_refused_is_not_tried_again(server: Peer) -> None:
    async with answers(server.endpoint) as front, opened(front.endpoint) as store:
        await store.check()
        front.scripted = [Answer(400), Answer(413)]
        with pytest.raises(PermanentError, match="store_refused"):
            await store.write("p", Create("k", {}))
        with pytest.raises(PermanentError, match="batch_too_large"):
            await store.write("p", Create("k", {}))


async def test_a_server_that_comes_back_is_used_again() -> None:
    with peer() as server:
        port = server.port
        async with opened(server.endpoint) as store:
            await store.write("p", Create("k", {}))
            server.stop()
            with pytest.raises(Unavailable, match="does not answer"):
                await store.get("p", "k")
            assert "does not answer" in await store.check()
            with peer(port=port):
                await store.write("p", Create("k", {"again": True}))
                found = await store.get("p", "k")
                assert found
                assert found.body == {"again": True}


async def test_a_server_that_is_away_at_the_start_is_found_later() -> None:
    with peer() as server:
        port = server.port
    async with opened(f"http://127.0.0.1:{port}") as store:
        assert "does not answer" in await store.check()
        with peer(port=port):
            assert await store.check() == ""


# --- the network -------------------------------------------------------------------------------


async def test_a_dropped_connection_loses_and_doubles_nothing(
    store: CosmosStore, between: Proxy
) -> None:
    async def flicker() -> None:
        for _ in range(5):
            await asyncio.sleep(0.05)
            between.cut()
            await asyncio.sleep(0.05)
            between.restore()

    async def work(n: int) -> None:
        for m in range(10):
            await store.write(CONVERSATION, Create(f"k:{n}.{m}", {}), Create(f"s:{n}.{m}", {}))

    await asyncio.gather(flicker(), *(work(n) for n in range(5)))
    assert len(await store.find(CONVERSATION, "k:")) == 50
    assert len(await store.find(CONVERSATION, "s:")) == 50


LOST: list[list[Op]] = [
    [Create("new", {"n": 1})],
    [Create("new", {"n": 1}), Put("old", {"n": 1}), Delete("gone")],
    [Delete("gone"), Create("new", {"n": 1})],
    [Put("new", {"n": 1})],
]


@pytest.mark.parametrize("silent", [False, True], ids=["cut", "silent"])
@pytest.mark.parametrize("ops", LOST, ids=["create", "turn", "delete-first", "put"])
async def test_a_write_whose_answer_was_lost_is_done_once(
    short: None, store: CosmosStore, between: Proxy, ops: list[Op], silent: bool
) -> None:
    await store.write("p", Create("old", {"n": 0}), Create("gone", {}))
    between.swallow, between.silent = [BATCH], silent

    await store.write("p", *ops)

    assert between.swallow == []
    new = await store.get("p", "new")
    assert new
    assert new.body == {"n": 1}
    assert between.said.count(BATCH) == 2  # the one before, and this one once


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is given up after half a second; to be named before the store."""
    monkeypatch.setattr(connect, "ANSWER_SECONDS", 0.5)


async def test_a_guarded_write_whose_answer_was_lost_is_done(
    store: CosmosStore, between: Proxy
) -> None:
    await store.write("p", Create("k", {"n": 0}))
    item = await store.get("p", "k")
    assert item
    between.swallow = [BATCH]

    await store.write("p", Put("k", {"n": 1}, etag=item.etag), Create("s", {}))

    found = await store.get("p", "k")
    assert found
    assert found.body == {"n": 1}


async def test_a_lost_answer_does_not_hide_a_conflict(store: CosmosStore, between: Proxy) -> None:
    await store.write("p", Create("k", {"by": "another"}))
    between.swallow = [BATCH]

    with pytest.raises(Conflict) as conflict:
        await store.write("p", Create("s", {}), Create("k", {"by": "us"}))

    assert conflict.value.id == "k"
    assert await store.get("p", "s") is None


async def test_answers_that_are_always_lost_are_said_to_be_so(
    short: None, store: CosmosStore, between: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "PATIENCE", 1.0)
    between.silent, between.swallow = True, [b"x-ms-version"] * 50

    with pytest.raises(Unavailable) as error:
        await store.write("p", Create("k", {}))

    assert error.value.maybe_done


@pytest.mark.alone
async def test_a_silent_service_does_not_hold_up_the_start(short: None, between: Proxy) -> None:
    between.silent, between.swallow = True, [b"x-ms-version"] * 50
    async with opened(f"http://{between.address}") as store:
        before = monotonic()
        assert "does not answer" in await store.check()
        assert monotonic() - before < 2


async def test_a_slow_answer_is_waited_for(store: CosmosStore, between: Proxy) -> None:
    between.delay = 0.5
    await store.write("p", Create("k", {}))
    assert await store.get("p", "k")
    assert between.said.count(BATCH) == 1


# --- what it costs -----------------------------------------------------------------------------


async def test_what_is_too_large_is_not_sent(store: CosmosStore, between: Proxy) -> None:
    before = len(between.said)
    for ops in ([Create(f"k:{n}", {}) for n in range(101)], [Create("k", {"x": "y" * 2_000_000})]):
        with pytest.raises(PermanentError, match="batch_too_large"):
            await store.write("p", *ops)
    assert len(between.said) == before


async def test_each_task_is_charged_for_what_it_did(store: CosmosStore) -> None:
    await store.write("p", *(Create(f"k:{n}", {}) for n in range(150) if n < 100))
    await store.write("p", *(Create(f"k:{n}", {}) for n in range(100, 150)))

    async def cost(*partitions: str | None) -> float:
        with metering() as meter:
            for partition in partitions:
                await store.find(partition, "k:", limit=200)
        return meter.request_units

    async def point_reads(count: int) -> float:
        with metering() as meter:
            for _ in range(count):
                await store.get("p", "k:1")
        return meter.request_units

    once, twice, none = await asyncio.gather(point_reads(3), point_reads(6), cost())
    assert (once, twice, none) == (3.0, 6.0, 0.0)
    one_page = await cost("q")
    assert await cost("p") > one_page > 0

    with metering() as meter, pytest.raises(Conflict):
        await store.write("p", Create("k:1", {}))
    assert meter.request_units > 0


ACROSS = b"x-ms-documentdb-query-enablecrosspartition"


async def test_a_turn_reads_points_and_one_partition(
    store: CosmosStore, between: Proxy, tmp_path: Path
) -> None:
    desk = Skill("desk", "Greets")

    @desk.on_message
    async def greet(turn: Turn) -> None:
        turn.reply(f"hello {turn.text}")

    lab = Lab(tmp_path, desk)
    lab.store = store
    await lab.say("first")
    await lab.drain()
    between.said.clear()

    await lab.say("second")
    await lab.drain()

    assert lab.heard() == ["hello first", "hello second"]
    assert between.said.count(BATCH) == 3  # noted at the door, committed, sent
    assert ACROSS not in between.said.lower()
    await lab.store.find(None, "outbox:")
    assert ACROSS in between.said.lower()
    await lab.close()


async def test_a_read_asks_for_what_a_batch_has_written(store: CosmosStore, between: Proxy) -> None:
    for read in (store.get("p", "k"), store.find("p", "k")):
        await store.write("p", Put("k", {}))
        between.said.clear()
        await read
        assert f"x-ms-session-token: {store._sessions['p']}".encode() in between.said.lower()


# --- what the service does differently -----------------------------------------------------------


@pytest.fixture
async def late(store: CosmosStore, server: Peer, database: str) -> str:
    """A document that has expired and that the service has not removed; the id, and its etag."""
    async with raw(server.endpoint, database, "shared") as container:
        made = {"id": "late", "partition": "p", "body": {}, "due": 1.0, "expires": time() + 0.3}
        await container.create_item(made | {"ttl": 1000})
    item = await store.get("p", "late")
    assert item
    async with asyncio.timeout(5):
        while await store.get("p", "late"):  # noqa: ASYNC110 -- it is the clock that changes
            await asyncio.sleep(0.02)
    return item.etag


async def test_what_the_service_has_not_removed_yet_counts_as_absent(
    store: CosmosStore, late: str
) -> None:
    assert await store.find("p", "") == []
    assert await store.find(None, "") == []
    assert await store.find("p", "", due_by=5.0) == []
    for op in (Put("late", {}, etag=late), Delete("late", etag=late)):
        with pytest.raises(Conflict):
            await store.write("p", op)

    await store.write("p", Create("before", {}), Create("late", {"n": 1}))

    found = await store.get("p", "late")
    assert found
    assert found.body == {"n": 1}
    with pytest.raises(Conflict):
        await store.write("p", Create("late", {"n": 2}))


async def test_deleting_what_is_absent_keeps_the_rest_together(
    store: CosmosStore, between: Proxy
) -> None:
    await store.write("p", Create("there", {}))
    await store.write("p", Delete("absent"), Delete("there"), Put("k", {}), Delete("none"))
    assert [item.id for item in await store.find("p", "")] == ["k"]

    with pytest.raises(Conflict):
        await store.write("p", Delete("k"), Delete("absent"), Put("other", {}), Create("other", {}))
    assert [item.id for item in await store.find("p", "")] == ["k"]


async def test_both_containers_are_searched_in_one_order(store: CosmosStore) -> None:
    places = [(p, f"k:{n}") for p in ("a", CONVERSATION, "z") for n in range(3)]
    for n, (partition, id) in enumerate(reversed(places)):
        await store.write(partition, Create(id, {}, due=float(n)))

    found: list[Item] = []
    while page := await store.find(None, "k:", after=found[-1].place if found else "", limit=2):
        found += page
    assert [(item.partition, item.id) for item in found] == places
    due = await store.find(None, "k:", due_by=4.0)
    assert [(item.partition, item.id) for item in due] == places[:-6:-1]


async def test_ids_with_forbidden_characters_are_found(store: CosmosStore) -> None:
    ids = sorted(["k:a/b", "k:a.b", "k:a?b", "k:a#b", "k:a\\b", "k:a b", "k:ü/你"])
    await store.write("p", *(Create(id, {"id": id}) for id in ids))

    assert [item.id for item in await store.find("p", "k:")] == ids
    for id in ids:
        found = await store.get("p", id)
        assert found
        assert found.body == {"id": id}
