"""Speaks Azure AI Search's REST API: indexes, documents, hybrid search; faults on demand.

`PUT /fault {"kind", "status", "seconds", "count"}` and `DELETE /fault`, without a key.
"""

import asyncio
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from aiohttp import web

from stand_ins.aisearch.faults import KINDS, Fault
from stand_ins.aisearch.index import Json, Refused, SearchIndex
from stand_ins.server import Settings
from stand_ins.web import Served, Site, cut

KEY = "search-key"
INDEX = "articles"
MAX_REQUEST_BYTES = 2**24


@dataclass
class SearchServer(Served):
    """`fault` decides over the next requests; `asked` keeps the bodies of searches."""

    port: int = 0
    key: str = KEY
    fault: Fault = field(default_factory=Fault)
    indexes: dict[str, SearchIndex] = field(default_factory=dict)
    asked: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._site = Site(self.port)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=[self._admit])
        app.router.add_put("/fault", self._put_fault)
        app.router.add_delete("/fault", self._put_fault)
        app.router.add_put("/indexes/{index}", self._define)
        app.router.add_get("/indexes/{index}", self._show)
        app.router.add_delete("/indexes/{index}", self._delete)
        app.router.add_get("/indexes/{index}/docs/$count", self._count)
        app.router.add_get("/indexes/{index}/docs/{key}", self._look_up)
        app.router.add_post("/indexes/{index}/docs/index", self._write)
        app.router.add_post("/indexes/{index}/docs/search", self._search)
        await self._site.open(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._site.close()

    @property
    def settings(self) -> Settings:
        return {
            "FABRIC_INDEX_URL": f"azure-search://{self.host}/{INDEX}",
            "FABRIC_INDEX_KEY": self.key,
        }

    @web.middleware
    async def _admit(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path == "/fault":
            return await handler(request)  # type: ignore[no-any-return]
        if request.headers.get("api-key") != self.key:
            return _error(403, "The api-key is not one of this service.")
        if "api-version" not in request.query:
            return _error(400, "The api-version query parameter is missing.")
        if self.fault.kind != "partial" and self.fault.befalls():
            match self.fault.kind:
                case "status":
                    return self.fault.response()
                case "drop":
                    return cut(request)
            await asyncio.sleep(self.fault.seconds)
        try:
            return await handler(request)  # type: ignore[no-any-return]
        except Refused as error:
            return _error(400, str(error))
        except KeyError:
            return _error(404, "No index with that name was found.")

    async def _define(self, request: web.Request) -> web.Response:
        name, definition = request.match_info["index"], await request.json()
        if name in self.indexes:
            self.indexes[name].define(definition)
            return web.Response(status=204)
        self.indexes[name] = SearchIndex(definition)
        return web.json_response(definition, status=201)

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._index(request).definition)

    async def _delete(self, request: web.Request) -> web.Response:
        del self.indexes[request.match_info["index"]]
        return web.Response(status=204)

    async def _count(self, request: web.Request) -> web.Response:
        return web.Response(text=str(len(self._index(request).documents)))

    async def _look_up(self, request: web.Request) -> web.Response:
        index = self._index(request)
        found = index.documents.get(request.match_info["key"])
        if found is None:
            return web.Response(status=404)
        return web.json_response(index.shown(found, ["*"]))

    async def _write(self, request: web.Request) -> web.Response:
        index, actions = self._index(request), (await request.json())["value"]
        if len(actions) > 1000:
            raise Refused("A batch has at most 1000 documents.")
        partial = self.fault.kind == "partial" and self.fault.befalls()
        told = []
        for number, action in enumerate(actions):
            code = 503 if partial and number % 2 else index.apply(action)
            told.append(
                {
                    "key": action["id"],
                    "status": code < 300,
                    "errorMessage": None,
                    "statusCode": code,
                }
            )
        whole = all(one["status"] for one in told)
        return web.json_response({"value": told}, status=200 if whole else 207)

    async def _search(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(body)
        return web.json_response({"value": self._index(request).search(body)})

    async def _put_fault(self, request: web.Request) -> web.Response:
        if request.method == "DELETE":
            self.fault = Fault()
            return web.Response(status=204)
        body = await request.json()
        try:
            fault = Fault(**body)
        except TypeError:
            return _error(400, "write kind, status, seconds, count")
        if fault.kind not in KINDS:
            return _error(400, f"kind: write one of {', '.join(KINDS)}")
        self.fault = fault
        return web.json_response(asdict(fault))

    def _index(self, request: web.Request) -> SearchIndex:
        return self.indexes[request.match_info["index"]]


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"code": "", "message": message}}, status=status)
