"""The connector's keys: fetched seldom, by one at a time, and kept when the endpoint is down."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.identity.openid_keys import OpenIdKeys
from tests.contract.channels.connector import KEYS, OPENID, connector, jwk, publish
from tests.contract.channels.stub import Answer, StubService

HOUR, DAY = 3600, 24 * 3600
DOWN = Answer(503)


class World:
    """An endpoint with one key, and a clock that tests turn."""

    def __init__(self, service: StubService, http: HttpClient, *, local: bool = True) -> None:
        self.service = service
        self.http = http
        self.now = 1_000_000_000.0
        self.keys = OpenIdKeys(service.url + OPENID, http, local=local, clock=lambda: self.now)

    @property
    def fetches(self) -> int:
        return len(self.service.heard(OPENID))

    async def knows(self, kid: str) -> bool:
        return await self.keys.find(kid) is not None


@pytest.fixture
async def world() -> AsyncIterator[World]:
    http = HttpClient()
    async with connector() as service:
        publish(service)
        yield World(service, http)
        await http.close()


async def test_keys_are_fetched_once_for_many_callers(world: World) -> None:
    assert all(await asyncio.gather(*(world.knows("key-1") for _ in range(50))))
    assert world.fetches == 1


async def test_keys_serve_a_day_without_a_fetch(world: World) -> None:
    await world.knows("key-1")
    world.now += 22 * HOUR

    assert await world.knows("key-1")
    assert world.fetches == 1


async def test_in_the_last_hour_they_are_renewed_while_the_old_ones_serve(world: World) -> None:
    await world.knows("key-1")
    publish(world.service, jwk("key-2"))
    world.now += 23.5 * HOUR

    assert await world.knows("key-1")
    await world.service.until_heard(KEYS, 2)

    assert await world.knows("key-2")
    assert world.fetches == 2


async def test_after_a_day_they_are_fetched_before_use(world: World) -> None:
    await world.knows("key-1")
    publish(world.service, jwk("key-2"))
    world.now += 25 * HOUR

    assert not await world.knows("key-1")
    assert await world.knows("key-2")


async def test_a_new_key_is_found_at_once(world: World) -> None:
    await world.knows("key-1")
    publish(world.service, jwk("key-1"), jwk("key-2"))

    assert all(await asyncio.gather(*(world.knows("key-2") for _ in range(20))))
    assert world.fetches == 2


async def test_invented_key_ids_cause_one_fetch_in_five_minutes(world: World) -> None:
    await world.knows("key-1")

    for number in range(50):
        assert not await world.knows(f"invented-{number}")
    assert world.fetches == 2

    world.now += 301
    assert not await world.knows("invented")
    assert world.fetches == 3


async def test_the_first_fetch_answers_for_an_invented_id_too(world: World) -> None:
    assert not await world.knows("invented")
    assert world.fetches == 1


async def test_old_keys_serve_five_days_when_the_endpoint_is_down(world: World) -> None:
    await world.knows("key-1")
    world.service.routes[KEYS] = DOWN
    world.now += 4.9 * DAY

    assert await world.knows("key-1")
    assert "503" in world.keys.error

    world.now += 0.2 * DAY
    with pytest.raises(Unavailable):
        await world.knows("key-1")


async def test_without_any_keys_it_is_unavailable_and_asks_again_after_a_pause(
    world: World,
) -> None:
    world.service.routes[OPENID] = DOWN

    for _ in range(20):
        with pytest.raises(Unavailable):
            await world.knows("key-1")
    assert world.fetches == 1

    publish(world.service)
    world.now += 10
    assert await world.knows("key-1")
    assert world.keys.error == ""


@pytest.mark.parametrize(
    "metadata",
    [
        Answer(200, {"jwks_uri": "http://keys.example/"}),
        Answer(200, {"jwks_uri": "file:///etc/passwd"}),
        Answer(200, {"jwks_uri": "https://keys.example:99999/"}),
        Answer(200, {"jwks_uri": ["https://keys.example/"]}),
        Answer(200, {}),
        Answer(200, []),
        Answer(200, None),
        Answer(302, None, {"Location": "/elsewhere"}),
    ],
    ids=str,
)
async def test_odd_metadata_is_a_failure_to_fetch(world: World, metadata: Answer) -> None:
    world.service.routes[OPENID] = metadata

    with pytest.raises(Unavailable):
        await world.knows("key-1")

    assert world.service.heard("/elsewhere") == world.service.heard(KEYS) == []
    assert world.keys.error


async def test_the_local_exception_for_http_ends_in_the_cloud(world: World) -> None:
    cloud = World(world.service, world.http, local=False)

    with pytest.raises(Unavailable):
        await cloud.knows("key-1")

    assert world.service.heard(KEYS) == []


async def test_keys_over_one_mebibyte_are_a_failure_to_fetch(world: World) -> None:
    world.service.routes[KEYS] = Answer(200, {"keys": [jwk("key-1")], "x": "x" * 2_000_000})

    with pytest.raises(Unavailable):
        await world.knows("key-1")


async def test_unusable_keys_are_left_out(world: World) -> None:
    odd = [
        5,
        {"kty": "RSA"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {**jwk("key-1"), "kid": "for-encryption", "use": "enc"},
        {"kty": "oct", "kid": "shared-secret", "k": "c2VjcmV0"},
        {**jwk("key-1"), "kid": 7},
    ]
    world.service.routes[KEYS] = Answer(200, {"keys": [*odd, jwk("key-1")]})

    assert await world.knows("key-1")
    for kid in ("broken", "for-encryption", "shared-secret"):
        assert not await world.knows(kid)
