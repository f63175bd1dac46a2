"""Blob Storage when the key, the network or the server is not as it should."""

from collections.abc import AsyncIterator
from time import monotonic

import pytest
from azure.storage.blob.aio import ContainerClient

from shared.clients import storage_account
from shared.errors import ConfigurationError, Unavailable
from shared.storage.blob import CONTAINER, BlobStorage
from tests.faults.storage import Account, account, drop, throttled

WRONG_KEY = "d3Jvbmcga2V5LCBidXQgYmFzZTY0"


@pytest.fixture
async def azure() -> AsyncIterator[Account]:
    async with account() as made:
        yield made


@pytest.fixture
async def blobs(azure: Account) -> AsyncIterator[BlobStorage]:
    made = BlobStorage("", connection=azure.connection())
    yield made
    await made.close()


async def test_a_wrong_key_names_the_setting_and_not_the_key(azure: Account) -> None:
    blobs = BlobStorage("", connection=azure.connection(WRONG_KEY))

    with pytest.raises(Unavailable, match="AzureWebJobsStorage") as error:
        await blobs.put("one", b"1")
    assert WRONG_KEY not in str(error.value)
    assert await blobs.check() == str(error.value)
    await blobs.close()


def test_no_account_at_all_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="AzureWebJobsStorage__accountName"):
        BlobStorage("")


async def test_what_is_no_connection_string_names_the_setting() -> None:
    with pytest.raises(Unavailable, match="AzureWebJobsStorage"):
        await BlobStorage("", connection="nonsense").get("one")


async def test_a_server_that_is_gone_is_unavailable_soon_and_works_again_when_back(
    blobs: BlobStorage, azure: Account
) -> None:
    await blobs.put("one", b"1")
    azure.server.stop()

    for call in (blobs.get("one"), blobs.delete("one"), blobs.put("one", b"1")):
        started = monotonic()
        with pytest.raises(Unavailable):
            await call
        assert monotonic() - started < 2
    assert "blob storage" in await blobs.check()

    azure.server.start()
    await blobs.put("one", b"2")
    assert await blobs.get("one") == b"2"


async def test_a_container_that_was_removed_is_made_again(
    blobs: BlobStorage, azure: Account
) -> None:
    await blobs.put("one", b"1")
    async with ContainerClient.from_connection_string(azure.connection(), CONTAINER) as container:
        await container.delete_container()

    assert await blobs.get("one") is None
    await blobs.delete("one")
    await blobs.put("two", b"2")

    assert await blobs.get("two") == b"2"


async def test_a_lost_answer_and_dropped_connections_go_unnoticed(
    blobs: BlobStorage, azure: Account
) -> None:
    await blobs.put("one", b"1")
    azure.blob.swallow = [b"PUT /devstoreaccount1/claims/one"]
    await blobs.put("one", b"2")
    assert azure.blob.swallow == []

    drop(azure.blob)
    assert await blobs.get("one") == b"2"


@pytest.mark.alone
async def test_a_server_that_does_not_answer_is_unavailable_soon(
    blobs: BlobStorage, azure: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert storage_account.CALL_SECONDS <= 5
    await blobs.put("one", b"1")
    monkeypatch.setattr(storage_account, "CALL_SECONDS", 1.0)
    azure.blob.delay = 30

    started = monotonic()
    with pytest.raises(Unavailable):
        await blobs.get("one")
    assert monotonic() - started < 6


async def test_throttling_says_when_to_come_again() -> None:
    async with throttled(seconds=7) as connection:
        blobs = BlobStorage("", connection=connection)
        with pytest.raises(Unavailable, match="ServerBusy") as error:
            await blobs.put("one", b"1")
        await blobs.close()

    assert error.value.after == 7
