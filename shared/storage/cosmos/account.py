"""The client of one Cosmos account and its containers, opened at first use."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from shared.clients.cosmos.connect import connect
from shared.errors import Unavailable
from shared.storage.cosmos.documents import DEFINITION

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.cosmos.aio import ContainerProxy, CosmosClient


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

        client = self._client = self._client or await connect(self._endpoint, self._credential)
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
