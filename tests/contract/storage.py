"""Queues and blobs of the storage account that the suites run on.

They are on Azurite, started once for each run, or in the account of `FABRIC_TEST_STORAGE`, for
tests alone: its queues are cleared after each test.
"""

import atexit
from functools import cache
from pathlib import Path

from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueServiceClient

from shared.messaging.claim_check import ClaimCheck
from shared.messaging.storagequeue.bus import StorageQueueBus
from shared.storage.blob import CONTAINER, BlobStorage
from shared.storage.files import FileBlobs
from stand_ins.azurite.process import SERVICES, Azurite
from tests import services
from tests.ports import free_port

LOCK_SECONDS = 3
"""For whoever asks for no other lock: long enough for a test, short enough to see it end."""


@cache
def azurite() -> Azurite:
    """Return the one of this test run, started by the first who asks."""
    server = Azurite({service: free_port() for service in SERVICES})
    atexit.register(server.close)
    server.start()
    return server


def connection(folder: Path) -> str:
    """The account's connection string, also for other processes with the same folder."""
    if services.STORAGE:
        return services.STORAGE
    note = folder / "storage"
    if not note.exists():
        note.write_text(azurite().connection)
    return note.read_text()


def open_bus(folder: Path, **options: float) -> StorageQueueBus:
    return StorageQueueBus(
        "",
        connection=connection(folder),
        claims=ClaimCheck(FileBlobs(folder / "claims")),
        lock_seconds=options.get("lock_seconds", LOCK_SECONDS),
        max_deliveries=int(options.get("max_deliveries", 5)),
    )


def end_bus(folder: Path) -> None:
    clear_queues(connection(folder))


def open_blobs(folder: Path) -> BlobStorage:
    return BlobStorage("", connection=connection(folder))


def end_blobs(folder: Path) -> None:
    clear_blobs(connection(folder))


def clear_queues(connection: str) -> None:
    """Cleared, not deleted: a deleted queue of Azure's cannot be made again for half a minute."""
    with QueueServiceClient.from_connection_string(connection, retry_total=0) as account:
        for queue in account.list_queues():
            with account.get_queue_client(queue) as client:
                client.clear_messages()


def clear_blobs(connection: str) -> None:
    container = ContainerClient.from_connection_string(connection, CONTAINER, retry_total=0)
    with container:
        if container.exists():
            for blob in container.list_blobs():
                container.delete_blob(blob.name)
