"""The whole account: who asks, what for, and what it costs."""

import base64
import hashlib
import hmac
import json
import random
import uuid
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import web

from stand_ins.cosmos import catalog, charges, items, queries
from stand_ins.cosmos.catalog import Catalog
from stand_ins.cosmos.container import Container
from stand_ins.cosmos.errors import ERROR_CODES, NOT_IMPLEMENTED, Failure
from stand_ins.cosmos.messages import Reply, Request
from stand_ins.cosmos.query.values import QueryError
from stand_ins.cosmos.resources import Json

STATS = ["_stand_in", "stats"]
"""The path of what a test may want to know; not part of the service."""

TOO_MANY_REQUESTS = 3200


@dataclass(frozen=True)
class Options:
    """`key`: check signatures against it. `throttle_rate`: share of 429 on items and queries."""

    key: str = ""
    partitions: int = 3
    throttle_rate: float = 0.0
    retry_after_ms: int = 10
    seed: int | None = None


class Account:
    """Answers every request, and counts them with their request units."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._catalog = Catalog(options.partitions)
        self._random = random.Random(options.seed)
        self.requests = self.throttled = 0
        self.charge = 0.0

    async def handle(self, http: web.Request) -> web.Response:
        request = Request(http, await http.read())
        if request.parts == STATS:
            return web.json_response(self.stats())
        self.requests += 1
        reply = self._reply(request)
        self.charge += reply.charge
        headers = {
            "x-ms-activity-id": request.headers.get("x-ms-activity-id", str(uuid.uuid4())),
            "x-ms-request-charge": f"{reply.charge:.2f}",
            "x-ms-version": request.headers.get("x-ms-version", "2020-07-15"),
            **reply.headers,
        }
        if reply.body is None:
            return web.Response(status=reply.status, headers=headers)
        return web.json_response(reply.body, status=reply.status, headers=headers)

    def stats(self) -> Json:
        """Return how much was asked, its price in request units, and how many items there are."""
        return {
            "requests": self.requests,
            "throttled": self.throttled,
            "requestCharge": round(self.charge, 2),
            "items": self._catalog.count_items(),
        }

    def _reply(self, request: Request) -> Reply:
        try:
            self._authorize(request)
            self._throttle(request)
            return self._route(request)
        except Failure as failure:
            return _failed(failure)
        except QueryError as error:
            message = {"errors": [{"severity": "Error", "message": str(error)}]}
            return _failed(Failure(400, "Message: " + json.dumps(message)))

    def _authorize(self, request: Request) -> None:
        if not self._options.key:
            return
        key, parts = base64.b64decode(self._options.key), request.parts
        is_feed = len(parts) % 2 == 1
        kind = parts[-1 if is_feed else -2].lower() if parts else ""
        owner = parts[:-1] if is_feed else parts
        date = request.headers.get("x-ms-date", "").lower()
        given = unquote(request.headers.get("authorization", ""))
        for link in ("/".join(owner), owner[-1].lower() if owner else ""):  # by name, by _rid
            text = f"{request.method.lower()}\n{kind}\n{link}\n{date}\n\n"
            digest = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest())
            if hmac.compare_digest(f"type=master&ver=1.0&sig={digest.decode()}", given):
                return
        raise Failure(401, "The input authorization token can't serve the request.")

    def _throttle(self, request: Request) -> None:
        if "docs" in request.parts and self._random.random() < self._options.throttle_rate:
            self.throttled += 1
            after = self._options.retry_after_ms
            text = "Request rate is large."
            raise Failure(429, text, TOO_MANY_REQUESTS, x_ms_retry_after_ms=after)

    def _route(self, request: Request) -> Reply:
        parts = request.parts
        if not parts:
            return _account(request)
        if parts[0] == "offers":
            return self._catalog.offer_requests(request)
        if parts[0] != "dbs" or parts[2:3] not in ([], ["colls"]) or len(parts) > 6:
            raise Failure(501, f"{'/'.join(parts)} is not implemented by this stand-in.")
        if len(parts) == 1:
            return self._catalog.database_feed(request)
        owner = len(parts) > 2
        database = catalog.find(self._catalog.databases, parts[1], "Database", is_owner=owner)
        if len(parts) == 2:
            return self._catalog.single(request, self._catalog.databases, database)
        if len(parts) == 3:
            return self._catalog.container_feed(request, database)
        owner = len(parts) > 4
        container = catalog.find(database.containers, parts[3], "Container", is_owner=owner)
        if len(parts) == 4:
            return self._catalog.single(request, database.containers, container)
        return _in_container(request, container, parts[4:])


def _in_container(request: Request, container: Container, parts: list[str]) -> Reply:
    intended = request.headers.get("x-ms-cosmos-intended-collection-rid")
    if intended and intended != container.properties["_rid"]:
        raise Failure(400, "The container was recreated.", 1024)
    container.purge()
    if parts[0] == "pkranges" and request.method == "GET":
        return queries.ranges(request, container)
    if parts[0] != "docs":
        raise Failure(501, f"{parts[0]} are not implemented by this stand-in.")
    if len(parts) == 2:
        return items.item(request, container, parts[1])
    return _documents(request, container)


def _documents(request: Request, container: Container) -> Reply:
    """Answer a request for the feed of items: the method and headers say what is meant."""
    if request.method == "GET":
        if request.headers.get("a-im"):
            return queries.change_feed(request, container)
        return queries.query(request, container, queries.EVERYTHING, {})
    if request.method != "POST":
        raise Failure(501, NOT_IMPLEMENTED)
    if request.flag("x-ms-cosmos-is-query-plan-request"):
        return queries.plan(request, container, *request.statement())
    if request.flag("x-ms-documentdb-isquery"):
        return queries.query(request, container, *request.statement())
    if request.flag("x-ms-cosmos-is-batch-request"):
        return items.batch(request, container)
    kind = "Upsert" if request.flag("x-ms-documentdb-is-upsert") else "Create"
    return items.write(request, container, kind, body=request.json)


def _account(request: Request) -> Reply:
    location = {"name": "Local", "databaseAccountEndpoint": f"http://{request.host}/"}
    body = {
        "id": "local",
        "_rid": "local",
        "_self": "",
        "_dbs": "//dbs/",
        "writableLocations": [location],
        "readableLocations": [location],
        "enableMultipleWriteLocations": False,
        "userConsistencyPolicy": {"defaultConsistencyLevel": "Session"},
        "queryEngineConfiguration": "{}",
    }
    return Reply(200, body)


def _failed(failure: Failure) -> Reply:
    body = {"code": ERROR_CODES[failure.status], "message": failure.message}
    charge = 0.0 if failure.status == 429 else charges.FAILED
    reply = Reply(failure.status, body, charge, x_ms_substatus=failure.substatus)
    reply.headers |= {name.replace("_", "-"): str(value) for name, value in failure.headers.items()}
    return reply
