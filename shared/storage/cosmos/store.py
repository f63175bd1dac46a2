"""Cosmos DB for NoSQL: documents in two containers, a write as one transactional batch."""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from time import time
from typing import TYPE_CHECKING, Any, TypeVar

from shared.clients.cosmos import errors
from shared.errors import Conflict, FabricError
from shared.ports.store import Create, Etags, Item, Op
from shared.storage.cosmos import documents
from shared.storage.cosmos.account import Account
from shared.storage.cosmos.batch import Batch
from shared.storage.cosmos.queries import query

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

T = TypeVar("T")

SESSIONS = 10_000
"""Partitions of which a process knows how far it has written."""

PAGE = 1000

_DOCUMENTS_KB = re.compile(r"(?:^|;)documentsSize=(\d+)")

MENDS = 3
"""Times that a create makes way: one in a batch that makes the same document finds nothing."""


class CosmosStore:
    """Documents in an account, with a key or a token credential.

    Expired ones are invisible at once; the service removes them later.
    """

    def __init__(
        self,
        endpoint: str,
        database: str,
        *,
        key: str = "",
        credential: "AsyncTokenCredential | None" = None,
    ) -> None:
        self.endpoint = endpoint
        self._door = errors.Door(bool(key), "FABRIC_STORE_URL", "FABRIC_COSMOS_KEY")
        self._account = Account(endpoint, database, key or credential or "", create=bool(key))
        self._sessions: dict[str, str] = {}

    async def get(self, partition: str, id: str) -> Item | None:
        found = await self._patiently(partial(self._read, partition, id))
        return documents.item(found) if found and documents.alive(found, time()) else None

    async def find(
        self,
        partition: str | None,
        prefix: str,
        *,
        after: str = "",
        due_by: float | None = None,
        limit: int = 100,
    ) -> list[Item]:
        asked = query(prefix, after, due_by, time(), everywhere=partition is None)
        if partition is not None:
            name = documents.container(partition)
            return await self._patiently(partial(self._query, name, asked, partition, limit))
        found: list[Item] = []
        for name in documents.CONTAINERS:
            found += await self._patiently(partial(self._query, name, asked, None, limit))
        return sorted(found, key=_place if due_by is None else _turn)[:limit]

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        """As the port says, always durable; a batch over Cosmos' limits is a PermanentError."""
        if not ops:
            return {}
        return await self._patiently(partial(self._apply, Batch.of(partition, ops, time())))

    async def check(self) -> str:
        async def look() -> None:
            for name in documents.CONTAINERS:
                await (await self._account.container(name)).read()

        try:
            await self._patiently(look)
        except FabricError as error:
            return str(error)
        return ""

    async def stored_bytes(self) -> int:
        """What the documents take, as the service counts it for its bill; indexes are not in it."""
        return sum(
            [await self._patiently(partial(self._size, name)) for name in documents.CONTAINERS]
        )

    async def _size(self, name: str) -> int:
        container = await self._account.container(name)
        properties = await container.read(populate_quota_info=True)
        usage = properties.get_response_headers().get("x-ms-resource-usage", "")
        match = _DOCUMENTS_KB.search(usage)
        return int(match[1]) * 1024 if match else 0

    async def close(self) -> None:
        await self._account.close()

    # --- one try --------------------------------------------------------------------------------

    async def _read(self, partition: str, id: str) -> dict[str, Any] | None:
        """The document as it is, expired ones too."""
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        container = await self._account.container(documents.container(partition))
        try:
            return await container.read_item(
                documents.document_id(id),
                partition_key=partition,
                session_token=self._sessions.get(partition),
            )
        except CosmosResourceNotFoundError as error:
            if errors.substatus(error):
                self._look_again(partition, error)
                raise
            return None

    async def _query(
        self, name: str, asked: dict[str, Any], partition: str | None, limit: int
    ) -> list[Item]:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        container = await self._account.container(name)
        where: dict[str, Any] = {}
        if partition is not None:
            where = {
                "partition_key": partition,
                "session_token": self._sessions.get(partition),
            }
        found: list[Item] = []
        try:
            async for document in container.query_items(
                **asked, **where, max_item_count=min(limit, PAGE)
            ):
                found.append(documents.item(document))
                if len(found) == limit:
                    break
        except CosmosResourceNotFoundError as error:
            self._look_again(partition, error)
            raise
        return found

    async def _apply(self, batch: Batch) -> Etags:
        """Send it, mended as often as it takes; done when it was our own write that won.

        Return the etags, as far as the service has told them.
        """
        from azure.core.exceptions import AzureError
        from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosResourceNotFoundError

        if batch.doubtful and await self._was_done(batch):
            return {}
        container = await self._account.container(documents.container(batch.partition))
        while batch.steps:
            try:
                results = await container.execute_item_batch(
                    [step.operation() for step in batch.steps],
                    partition_key=batch.partition,
                    response_hook=lambda headers, _: self._wrote(batch.partition, headers),
                )
                return batch.etags(results)
            except CosmosBatchOperationError as error:
                self._wrote(batch.partition, error.headers or {})
                if error.status_code not in (404, 409, 412):
                    batch.doubtful |= errors.doubtful(error)
                    raise
                if await self._mend(batch, error.error_index or 0):
                    return {}
            except AzureError as error:
                if isinstance(error, CosmosResourceNotFoundError):
                    self._look_again(batch.partition, error)
                batch.doubtful |= errors.doubtful(error)
                raise
        return {}

    async def _mend(self, batch: Batch, index: int) -> bool:
        """Whether the write that won is our own; else what to try next, or Conflict."""
        step = batch.steps[index]
        if step.forgiving:
            del batch.steps[index]
            return False
        found = await self._read(batch.partition, step.op.id)
        if batch.wrote(found) or (batch.doubtful and await self._was_done(batch)):
            return True
        step.mended += 1
        taken = found is not None and documents.alive(found, time())
        if taken or step.mended > MENDS or not isinstance(step.op, Create):
            raise Conflict(step.op.id)
        step.etag = found["_etag"] if found else ""  # over an expired one, or it has just gone
        return False

    async def _was_done(self, batch: Batch) -> bool:
        for id in batch.witnesses:
            if batch.wrote(await self._read(batch.partition, id)):
                return True
        return False

    # --- across tries ---------------------------------------------------------------------------

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        return await errors.patiently(work, self._door)

    def _wrote(self, partition: str, headers: Mapping[str, Any]) -> None:
        """Later reads of ours see at least this much; the SDK keeps no note of batches."""
        if token := headers.get("x-ms-session-token"):
            self._sessions.pop(partition, None)
            self._sessions[partition] = str(token)
            if len(self._sessions) > SESSIONS:
                del self._sessions[next(iter(self._sessions))]

    def _look_again(self, partition: str | None, error: Exception) -> None:
        """What we thought we knew of the service is no longer so."""
        if errors.substatus(error) == errors.SESSION_BEHIND:
            self._sessions.pop(partition or "", None)
        else:
            self._account.forget()
            self._sessions.clear()


def _place(item: Item) -> tuple[str, str]:
    return item.partition, item.id


def _turn(item: Item) -> tuple[float, str, str]:
    return item.due or 0.0, item.partition, item.id
