"""The PassageIndex of `azure-search://<service-host>/<index>`: Azure AI Search over REST.

Source: learn.microsoft.com, Search Service REST API 2024-07-01. A document that was written is
found a moment later, not at once.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from shared.clients.http import HttpClient, Response
from shared.errors import ConfigurationError, PermanentError, Unavailable
from shared.indexes.azuresearch import documents
from shared.ports.index import Chunk, Query, Stamp, State
from shared.ports.knowledge import Access

VERSION = "2024-07-01"
SCOPE = "https://search.azure.com/.default"
SECONDS = 5.0
"""Somebody waits for the answer; writes have `WRITE_SECONDS`."""

WRITE_SECONDS = 60.0
WRITTEN_AT_ONCE = 200
PAGE = 1000
"""Documents that one answer lists at most."""

ROLES = (
    "Search Index Data Reader (a sync: Search Index Data Contributor, Search Service Contributor)"
)


class AzureSearchIndex:
    """`key()` gives an API key; without it `token()` gives a bearer token."""

    def __init__(
        self,
        endpoint: str,
        name: str,
        http: HttpClient,
        *,
        key: Callable[[], Awaitable[str]] | None = None,
        token: Callable[[], Awaitable[str]],
        seconds: float = SECONDS,
    ) -> None:
        self.name = name
        self._url = f"{endpoint}/indexes/{quote(name, safe='')}"
        self._http, self._key, self._token = http, key, token
        self._seconds = seconds

    async def state(self) -> State:
        answer = await self._ask("GET", f"/docs/{documents.STATE}", missing=True)
        if answer.status == 404:
            return State()
        found = answer.json()
        return State(found.get("title") or "", found.get("digest") or "")

    async def begin(self, model: str, dimensions: int) -> None:
        known = (await self.state()).model
        if known and model and known != model:
            raise ConfigurationError(
                f"the index {self.name} has vectors of {known}, and this app's are of {model}: go "
                f"back to {known}, or make it anew with `botfabric knowledge sync --rebuild`"
            )
        answer = await self._ask("GET", "", missing=True)
        fields = [] if answer.status == 404 else (answer.json() or {}).get("fields", [])
        named = {field["name"] for field in fields}
        if not named or (dimensions and "vector" not in named):
            made = documents.definition(self.name, dimensions)
            await self._ask("PUT", "", made, seconds=WRITE_SECONDS)
        await self._note(model or known, "")

    async def seal(self, content: str) -> None:
        await self._note((await self.state()).model, content)

    async def kept(self) -> Mapping[str, Stamp]:
        found = {}
        async for one in self._all("chunk,digest,access,has_vector,id"):
            found[one["chunk"]] = documents.stamp(one)
        return found

    async def put(self, chunks: Sequence[Chunk]) -> None:
        await self._write([documents.document(chunk) for chunk in chunks])

    async def admit(self, access: Mapping[str, Access]) -> None:
        await self._write(
            [
                {"@search.action": "merge", "id": documents.key(id), **documents.readers(groups)}
                for id, groups in access.items()
            ]
        )

    async def remove(self, ids: Iterable[str]) -> None:
        await self._write([{"@search.action": "delete", "id": documents.key(id)} for id in ids])

    async def search(self, query: Query) -> list[Chunk]:
        body = documents.search(query)
        if body is None or not query.collections:
            return []
        try:
            return await self._found(body)
        except PermanentError:
            if query.vector is None:
                raise
            # an index that was never given vectors has no field for them
            words = documents.search(Query(query.text, query.collections, query.principals,
                                           None, query.limit, query.refused))  # fmt: skip
            return await self._found(words) if words else []

    async def article(self, id: str, principals: frozenset[str]) -> list[Chunk]:
        where = f"{documents.of_article(id)} and {documents.may_read(principals)}"
        found = [documents.chunk(one) async for one in self._all(f"{documents.SELECTED},id", where)]
        return sorted(found, key=lambda chunk: int(chunk.id.rpartition("#")[2]))

    async def titles(self, collections: frozenset[str], principals: frozenset[str]) -> list[str]:
        where = f"{documents.within(collections)} and {documents.may_read(principals)}"
        return sorted({one["title"] async for one in self._all("title,id", where)})

    async def clear(self) -> None:
        await self._ask("DELETE", "", missing=True, seconds=WRITE_SECONDS)

    async def check(self) -> str:
        try:
            answer = await self._ask("GET", "/docs/$count", missing=True)
        except Unavailable as error:
            return str(error)
        return "" if answer.status == 200 else "is not there: run `botfabric knowledge sync`"

    async def close(self) -> None:
        """The HTTP client is everybody's."""

    # --- inside --------------------------------------------------------------------------------

    async def _found(self, body: dict[str, Any]) -> list[Chunk]:
        answer = await self._ask("POST", "/docs/search", body)
        return [documents.chunk(one) for one in answer.json()["value"]]

    async def _all(self, select: str, where: str = "") -> AsyncIterator[dict[str, Any]]:
        """Every chunk, page by page in the order of the keys."""
        after = documents.FIRST
        while True:
            between = f"id gt '{after}' and id lt '{documents.LAST}'"
            body = {
                "search": "*",
                "filter": f"{between} and {where}" if where else between,
                "orderby": "id asc",
                "select": select,
                "top": PAGE if select != f"{documents.SELECTED},id" else PAGE // 20,
            }
            answer = await self._ask("POST", "/docs/search", body, seconds=WRITE_SECONDS)
            page = answer.json()["value"]
            for one in page:
                yield one
            if not page:
                return
            after = page[-1]["id"]

    async def _note(self, model: str, content: str) -> None:
        note = {"id": documents.STATE, "title": model, "digest": content}
        await self._write([{"@search.action": "upload", **note}])

    async def _write(self, actions: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(actions), WRITTEN_AT_ONCE):
            body = {"value": actions[start : start + WRITTEN_AT_ONCE]}
            answer = await self._ask("POST", "/docs/index", body, seconds=WRITE_SECONDS)
            failed = [one for one in answer.json()["value"] if not one["status"]]
            gone = [one for one in failed if one["statusCode"] == 404]  # a merge met a removal
            if len(gone) < len(failed):
                code = next(one["statusCode"] for one in failed if one not in gone)
                raise Unavailable(f"AI Search: {len(failed)} documents were not taken ({code})")

    async def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        missing: bool = False,
        seconds: float = 0.0,
    ) -> Response:
        """One request. `missing` lets 404 be an answer."""
        seconds = seconds or self._seconds
        url = f"{self._url}{path}?api-version={VERSION}"
        headers = await self._authorization()
        try:
            async with asyncio.timeout(seconds):
                answer = await self._http.request(method, url, headers=headers, json=body)
        except TimeoutError:
            raise Unavailable(f"AI Search: no answer within {seconds:g} s") from None
        if answer.status < 300 or (missing and answer.status == 404):
            if answer.status == 200 and answer.json() is None:
                raise Unavailable("AI Search: its answer cannot be read")
            return answer
        if answer.status in (401, 403):
            mend = "check FABRIC_INDEX_KEY" if self._key else f"give the app the role {ROLES}"
            raise Unavailable(f"AI Search: {answer.status}; {mend}", after=60)
        if answer.status == 400:
            raise PermanentError("index_refused", "AI Search refuses the request (400)")
        if answer.status == 404:
            raise Unavailable(f"AI Search has no index {self.name}: run `botfabric knowledge sync`")
        raise Unavailable(f"AI Search: {answer.status}", after=answer.retry_after)

    async def _authorization(self) -> Mapping[str, str]:
        if self._key:
            return {"api-key": await self._key()}
        return {"Authorization": f"Bearer {await self._token()}"}


async def token(credential: Any) -> str:
    """An Entra ID token for the service; Unavailable with what to set when there is none."""
    try:
        granted = await credential.get_token(SCOPE)
    except Exception as error:
        raise Unavailable(
            f"Azure gave no token for AI Search ({type(error).__name__}): set FABRIC_INDEX_KEY, or "
            f"give the app an identity with the role {ROLES}"
        ) from None
    text: str = granted.token
    return text
