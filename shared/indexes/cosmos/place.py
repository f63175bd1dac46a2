"""The container of an index: opened on first use, made with a key, told about without one."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from shared.clients.cosmos.connect import connect
from shared.errors import ConfigurationError, Unavailable
from shared.indexes.cosmos.container import NAME, PARTITION_KEY, definition, dimensions_of

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy

Key = Callable[[], Awaitable[str]]


class Place:
    """Where it is. `key()` gives an account key; without it the identity opens, and makes none."""

    def __init__(
        self,
        endpoint: str,
        database: str,
        key: Key | None,
        credential: "Callable[[], AsyncTokenCredential]",
    ) -> None:
        self._endpoint, self._name = endpoint, database
        self._key, self._credential = key, credential
        self._client: CosmosClient | None = None
        self._container: ContainerProxy | None = None
        self._opening = asyncio.Lock()

    @property
    def may_make(self) -> bool:
        return self._key is not None

    async def container(self) -> "ContainerProxy":
        """Raises Unavailable when it is not there."""
        found = self._container or await self._found()
        if found is None:
            raise Unavailable(
                f"Cosmos DB has no container {self._name}/{NAME}: run `botfabric knowledge sync`"
            )
        return found

    async def dimensions(self) -> int | None:
        """How many its vectors have, 0 for no vectors, None when it is not there."""
        if (found := await self._found()) is None:
            return None
        return dimensions_of(dict(await found.read()))

    async def make(self, dimensions: int) -> None:
        """Make it, over one for other dimensions. Raises ConfigurationError without a key."""
        if not self.may_make:
            size = f"vectors of {dimensions} dimensions" if dimensions else "no vectors"
            raise ConfigurationError(
                f"Cosmos DB has no container {self._name}/{NAME} for {size}, and this app's "
                "identity may make none: deploy it (indexDimensions), or give FABRIC_INDEX_KEY"
            )
        from azure.cosmos import PartitionKey
        from azure.cosmos.exceptions import CosmosResourceExistsError

        await self.drop()
        client, wanted = await self._connected(), definition(dimensions)
        with suppress(CosmosResourceExistsError):
            await client.create_database(self._name)
        database = client.get_database_client(self._name)
        policies: dict[str, Any] = {"full_text_policy": wanted["fullTextPolicy"]}
        if dimensions:
            policies["vector_embedding_policy"] = wanted["vectorEmbeddingPolicy"]
        with suppress(CosmosResourceExistsError):
            await database.create_container(
                NAME,
                PartitionKey(PARTITION_KEY),
                indexing_policy=wanted["indexingPolicy"],
                **policies,
            )

    async def drop(self) -> None:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        self._container = None
        with suppress(CosmosResourceNotFoundError):
            await (await self._database()).delete_container(NAME)

    async def look_again(self) -> None:
        """After a 404. Raises Unavailable when it is the container that is gone."""
        self._container = None
        await self.container()

    async def close(self) -> None:
        self._container = None
        client, self._client = self._client, None
        if client:
            await client.close()

    async def _found(self) -> "ContainerProxy | None":
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        found = (await self._database()).get_container_client(NAME)
        try:
            await found.read()
        except CosmosResourceNotFoundError:
            self._container = None
            return None
        self._container = found
        return found

    async def _database(self) -> "DatabaseProxy":
        return (await self._connected()).get_database_client(self._name)

    async def _connected(self) -> "CosmosClient":
        async with self._opening:
            if self._client is None:
                opens = await self._key() if self._key else self._credential()
                self._client = await connect(self._endpoint, opens)
            return self._client
