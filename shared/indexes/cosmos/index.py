"""The PassageIndex of `cosmos://<account-host>/<database>`: vectors and words in Cosmos DB.

Two queries at once, for the best by words and by meaning, fused here. Neither is scoped to a
partition key: a full-text score is then left out of the order by the SDK.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from shared.clients.cosmos.errors import Door, patiently
from shared.errors import ConfigurationError, FabricError
from shared.indexes.cosmos import documents
from shared.indexes.cosmos.container import NAME
from shared.indexes.cosmos.documents import Asked
from shared.indexes.cosmos.place import Key, Place
from shared.indexes.fusion import fused
from shared.ports.index import Chunk, Query, Stamp, State
from shared.ports.knowledge import Access

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

T = TypeVar("T")

ASKED_SECONDS = 1.0
"""How long a question is tried again, for which somebody waits; then words have to do."""

WRITTEN_AT_ONCE = 8
PAGE = 200
"""Documents in an answer, and never fewer than are looked for: the SDK ranks by words the first
page of each partition alone."""


class CosmosIndex:
    """`key()` gives an account key; without it the app's identity opens."""

    def __init__(
        self,
        endpoint: str,
        database: str,
        *,
        key: Key | None,
        credential: "Callable[[], AsyncTokenCredential]",
    ) -> None:
        self._name = f"{database}/{NAME}"
        self._place = Place(endpoint, database, key, credential)
        self._door = Door(key is not None, "FABRIC_INDEX_URL", "FABRIC_INDEX_KEY")

    async def state(self) -> State:
        return await self._patiently(self._state, ASKED_SECONDS)

    async def begin(self, model: str, dimensions: int) -> None:
        known = (await self._patiently(self._state)).model
        if known and model and known != model:
            raise ConfigurationError(
                f"the index {self._name} has vectors of {known}, and this app's are of {model}: go "
                f"back to {known}, or make it anew with `botfabric knowledge sync --rebuild`"
            )
        made_for = await self._patiently(self._place.dimensions)
        if made_for is None or (dimensions and dimensions != made_for):
            await self._patiently(partial(self._place.make, dimensions))
        await self._note(model or known, "")

    async def seal(self, content: str) -> None:
        await self._note((await self.state()).model, content)

    async def kept(self) -> Mapping[str, Stamp]:
        return {
            one["chunk"]: documents.stamp(one) for one in await self._all(documents.all_stamps())
        }

    async def put(self, chunks: Sequence[Chunk]) -> None:
        await self._each(self._upsert, [documents.document(chunk) for chunk in chunks])

    async def admit(self, access: Mapping[str, Access]) -> None:
        await self._each(self._patch, list(access.items()))

    async def remove(self, ids: Iterable[str]) -> None:
        await self._each(self._delete, list(ids))

    async def search(self, query: Query) -> list[Chunk]:
        if not query.collections:
            return []
        asked = [documents.by_words(query)]
        if query.vector is not None:
            asked.append(documents.by_meaning(query, query.vector))
        rankings = await _all_of(*(self._asked(each) for each in asked if each))
        found = {one["chunk"]: one for ranking in rankings for one in ranking}
        best = fused([[one["chunk"] for one in ranking] for ranking in rankings], query.limit)
        return [documents.chunk(found[id]) for id in best]

    async def article(self, id: str, principals: frozenset[str]) -> list[Chunk]:
        asked = documents.of_article(id, principals)
        found = map(documents.chunk, await self._asked(asked, documents.partition(id)))
        return sorted(found, key=lambda chunk: int(chunk.id.rpartition("#")[2]))

    async def titles(self, collections: frozenset[str], principals: frozenset[str]) -> list[str]:
        return sorted(await self._asked(documents.titles(collections, principals)))

    async def clear(self) -> None:
        if self._place.may_make:
            await self._patiently(self._place.drop)
            return
        await self.remove(await self.kept())
        await self._note("", "")

    async def check(self) -> str:
        try:
            made_for = await self._patiently(self._place.dimensions, ASKED_SECONDS)
        except FabricError as error:
            return str(error)
        return "is not there: run `botfabric knowledge sync`" if made_for is None else ""

    async def close(self) -> None:
        await self._place.close()

    # --- one try --------------------------------------------------------------------------------

    async def _state(self) -> State:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        if await self._place.dimensions() is None:
            return State()
        container = await self._place.container()
        try:
            found = await container.read_item(documents.STATE, partition_key=documents.STATE)
        except CosmosResourceNotFoundError:
            return State()
        return State(found["model"], found["content"])

    async def _query(self, asked: Asked, partition: str | None) -> list[Any]:
        container = await self._place.container()
        where: dict[str, Any] = {} if partition is None else {"partition_key": partition}
        answer = container.query_items(
            asked.text, parameters=asked.parameters, max_item_count=PAGE, **where
        )
        return [one async for one in answer]

    async def _upsert(self, document: dict[str, Any]) -> None:
        await (await self._place.container()).upsert_item(document)

    async def _patch(self, readers: tuple[str, Access]) -> None:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        id, access = readers
        container, operations = await self._place.container(), documents.patch(access)
        try:
            await container.patch_item(documents.key(id), documents.partition(id), operations)
        except CosmosResourceNotFoundError:
            await self._place.look_again()  # the chunk is gone, and nothing of it to change

    async def _delete(self, id: str) -> None:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        container = await self._place.container()
        try:
            await container.delete_item(documents.key(id), documents.partition(id))
        except CosmosResourceNotFoundError:
            await self._place.look_again()

    # --- across tries ---------------------------------------------------------------------------

    async def _note(self, model: str, content: str) -> None:
        await self._each(self._upsert, [documents.state(model, content)])

    async def _all(self, asked: Asked) -> list[Any]:
        return await self._patiently(partial(self._query, asked, None))

    async def _asked(self, asked: Asked, partition: str | None = None) -> list[Any]:
        return await self._patiently(partial(self._query, asked, partition), ASKED_SECONDS)

    async def _each(self, work: Callable[[T], Awaitable[None]], subjects: Sequence[T]) -> None:
        """Do it for each, some at once; what was done before a failure stays done."""
        for start in range(0, len(subjects), WRITTEN_AT_ONCE):
            some = subjects[start : start + WRITTEN_AT_ONCE]
            await _all_of(*(self._patiently(partial(work, subject)) for subject in some))

    async def _patiently(self, work: Callable[[], Awaitable[T]], seconds: float | None = None) -> T:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        async def once() -> T:
            try:
                return await work()
            except CosmosResourceNotFoundError:
                await self._place.look_again()
                raise

        return await patiently(once, self._door, seconds)


async def _all_of(*work: Awaitable[T]) -> list[T]:
    """Wait for each, also when one fails: then that is raised, and none goes on behind it."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for outcome in done:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in done if not isinstance(outcome, BaseException)]
