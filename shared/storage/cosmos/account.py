"""The client of one Cosmos account and its containers, opened at first use."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.errors import Unavailable
from shared.observability import meter
from shared.storage.cosmos.documents import DEFINITION
from shared.storage.cosmos.errors import ANSWER_SECONDS

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.cosmos.aio import ContainerProxy, CosmosClient

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Account:
    """Containers by name. What is missing is made with an account key, and told without one.

    Roles for data cannot make containers; `create=False` says that this app has no more.
    """

    def __init__(
        self,
        endpoint: str,
        database: str,
        credential: "str | AsyncTokenCredential",
        *,
        create: bool,
    ) -> None:
        self._endpoint = endpoint
        self._database = database
        self._credential = credential
        self._create = create
        self._client: CosmosClient | None = None
        self._containers: dict[str, ContainerProxy] = {}
        self._opening = asyncio.Lock()

    async def container(self, name: str) -> "ContainerProxy":
        """Raises AzureError, or Unavailable when it is missing and cannot be made."""
        if found := self._containers.get(name):
            return found
        async with self._opening:
            if name not in self._containers:
                self._containers[name] = await self._open(name)
            return self._containers[name]

    async def _open(self, name: str) -> "ContainerProxy":
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        client = self._client = self._client or await _connect(self._endpoint, self._credential)
        container = client.get_database_client(self._database).get_container_client(name)
        try:
            await container.read()
        except CosmosResourceNotFoundError:
            await self._make(client, name)
            await container.read()
        return container

    async def _make(self, client: "CosmosClient", name: str) -> None:
        from azure.cosmos.exceptions import CosmosResourceExistsError, CosmosResourceNotFoundError

        database = client.get_database_client(self._database)
        if not self._create:
            try:
                await database.read()
            except CosmosResourceNotFoundError:
                raise Unavailable(
                    f"Cosmos DB has no database {self._database!r}: create it, or mend "
                    "FABRIC_STORE_URL"
                ) from None
            raise Unavailable(
                f"the database {self._database!r} has no container {name!r}: create it with the "
                "partition key /partition, default TTL -1 and the indexing policy in docs/azure.md"
            )
        with suppress(CosmosResourceExistsError):
            await client.create_database(self._database)
        with suppress(CosmosResourceExistsError):
            await database.create_container(
                name,
                _partition_key(),
                default_ttl=DEFINITION["defaultTtl"],
                indexing_policy=DEFINITION["indexingPolicy"],
            )

    def forget(self) -> None:
        """Look again: a container that was known is gone."""
        self._containers.clear()

    async def close(self) -> None:
        self._containers.clear()
        client, self._client = self._client, None
        if client:
            await client.close()


def _partition_key() -> Any:
    from azure.cosmos import PartitionKey

    [path] = DEFINITION["partitionKey"]["paths"]
    return PartitionKey(path)


async def _connect(endpoint: str, credential: "str | AsyncTokenCredential") -> "CosmosClient":
    """A client that leaves trying again to us, as far as it can be told to.

    It takes a 0 of `retry_throttle_total` for unset, and 9. Behind the name of an account on
    loopback is one server, whatever it says about regions.
    """
    from azure.cosmos.aio import CosmosClient

    client = CosmosClient(
        endpoint,
        credential,
        connection_timeout=ANSWER_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retry_total=0,
        retry_connect=0,
        retry_read=0,
        retry_status=0,
        retry_throttle_total=1,
        retry_throttle_backoff_max=1,
        enable_endpoint_discovery=urlsplit(endpoint).hostname not in _LOOPBACK,
        enable_compact_utf8_item_writes=True,
        raw_response_hook=_charge,
    )
    try:
        async with asyncio.timeout(ANSWER_SECONDS):  # it would try four times, ever longer
            await client.__aenter__()
    except BaseException as error:
        await client.close()
        if isinstance(error, TimeoutError):
            raise Unavailable("Cosmos DB does not answer: timeout") from None
        raise
    return client


def _charge(response: Any) -> None:
    """Every answer, those of failed requests and later pages included."""
    charge = response.http_response.headers.get("x-ms-request-charge")
    if charge:
        meter.charge(float(charge))
