"""Cosmos DB for the suites: a database for each folder, in a stand-in or a configured account."""

import atexit
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

from shared.storage.cosmos.store import CosmosStore
from tests import services

ANY_KEY = "YW55IGtleQ=="


class Peer:
    """The stand-in as a process of ours."""

    def __init__(self, *flags: object, port: int = 0) -> None:
        words = ("-m", "stand_ins.cosmos", "--port", port, *flags)
        line = [sys.executable, *map(str, words)]
        self._process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.address = self._process.stdout.readline().removeprefix("ready ").strip()
        self._process.stdout.close()
        self.endpoint = f"http://{self.address}"

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def peer(*flags: object, port: int = 0) -> Iterator[Peer]:
    started = Peer(*flags, port=port)
    try:
        yield started
    finally:
        started.stop()


@cache
def account() -> tuple[str, str]:
    """Endpoint and key; a stand-in is started once and ends with this process."""
    if not services.COSMOS:
        started = Peer()
        atexit.register(started.stop)
        return started.endpoint, ANY_KEY
    parts = dict(part.split("=", 1) for part in services.COSMOS.strip(";").split(";"))
    return parts["AccountEndpoint"], parts["AccountKey"]


def open_in(folder: Path) -> CosmosStore:
    endpoint, key, database = _place(folder)
    return CosmosStore(endpoint, database, key=key)


def drop(folder: Path) -> None:
    from azure.cosmos import CosmosClient
    from azure.cosmos.exceptions import CosmosResourceNotFoundError

    endpoint, key, database = _place(folder)
    with CosmosClient(endpoint, key, enable_endpoint_discovery=False) as client:
        try:
            client.delete_database(database)
        except CosmosResourceNotFoundError:
            return  # a test that never reached the service


def _place(folder: Path) -> tuple[str, str, str]:
    """Where the folder's database is; written down for other processes."""
    file = folder / "cosmos.json"
    if not file.exists():
        file.write_text(json.dumps([*account(), f"test-{uuid4().hex[:12]}"]))
    endpoint, key, database = json.loads(file.read_text())
    return endpoint, key, database
