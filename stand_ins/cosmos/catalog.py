"""Databases, containers and their throughput."""

import copy
import itertools
import json
import struct
import time
from collections.abc import Mapping
from typing import Any, TypeVar

from stand_ins.cosmos import charges
from stand_ins.cosmos.container import Container
from stand_ins.cosmos.errors import NOT_IMPLEMENTED, Failure, missing
from stand_ins.cosmos.messages import Reply, Request
from stand_ins.cosmos.query.rows import run
from stand_ins.cosmos.resources import Json, new_etag, rid_text, stamped

OWNER_NOT_FOUND = 1003

INDEXING = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": '/"_etag"/?'}],
}

MOST_DIMENSIONS = {"flat": 505, "quantizedFlat": 4096, "diskANN": 4096}


class Database:
    """Its containers by name."""

    def __init__(self, rid: bytes, properties: Json) -> None:
        self.rid = rid
        self.properties = properties
        self.containers: dict[str, Container] = {}


class Catalog:
    """What an account has; `partitions` are the physical ones of each container."""

    def __init__(self, partitions: int) -> None:
        self.databases: dict[str, Database] = {}
        self._partitions = partitions
        self._offers: dict[str, Json] = {}
        self._numbers = itertools.count(1)

    def feed(self, request: Request, key: str, found: Any, rid: str = "") -> Reply:
        """A list of databases, containers or offers, filtered by a query if there is one."""
        if request.method == "POST":
            statement, parameters = request.statement()
            found = [row.value for row in run(statement, enumerate(found), parameters)]
        return Reply(
            200, {"_rid": rid, key: found, "_count": len(found)}, x_ms_item_count=len(found)
        )

    def database_feed(self, request: Request) -> Reply:
        if request.method == "GET" or request.flag("x-ms-documentdb-isquery"):
            found = [each.properties for each in self.databases.values()]
            return self.feed(request, "Databases", found)
        body = self.new_resource(request, self.databases)
        rid = struct.pack(">I", next(self._numbers) + 0x10000000)
        properties = stamped(body, rid, f"dbs/{rid_text(rid)}/")
        self.databases[body["id"]] = Database(rid, properties)
        return Reply(201, properties, charges.RESOURCE, etag=properties["_etag"])

    def container_feed(self, request: Request, database: Database) -> Reply:
        if request.method == "GET" or request.flag("x-ms-documentdb-isquery"):
            found = [each.properties for each in database.containers.values()]
            return self.feed(request, "DocumentCollections", found, database.properties["_rid"])
        body = self.new_resource(request, database.containers)
        definition = body.get("partitionKey")
        if not definition or not definition.get("paths"):
            raise Failure(400, "A container needs a partition key definition.")
        if definition.setdefault("version", 2) != 2:
            raise Failure(400, "This stand-in implements partition key version 2 only.")
        definition.setdefault("kind", "Hash")
        body.setdefault("indexingPolicy", copy.deepcopy(INDEXING))
        check_vectors(body)
        rid = database.rid + struct.pack(">I", next(self._numbers) + 0x80000000)
        path = f"{database.properties['_self']}colls/{rid_text(rid)}/"
        properties = stamped(body, rid, path)
        database.containers[body["id"]] = Container(rid, properties, self._partitions, path)
        self.add_offer(request, properties)
        return Reply(201, properties, charges.RESOURCE, etag=properties["_etag"])

    def new_resource(self, request: Request, store: Mapping[str, Any]) -> Json:
        body: Json = request.json
        if not isinstance(body.get("id"), str) or not body["id"]:
            raise Failure(400, "The id is missing.")
        if body["id"] in store:
            raise Failure(409, "Resource with specified id or name already exists.")
        return body

    def single(self, request: Request, store: dict[str, Any], found: Any) -> Reply:
        name = found.properties["id"]
        if request.method == "DELETE":
            del store[name]
            for path in [
                path for path in self._offers if path.startswith(found.properties["_self"])
            ]:
                del self._offers[path]
            return Reply(204, None, charges.RESOURCE)
        if request.method == "PUT" and isinstance(found, Container):
            body = request.json
            if (
                body.get("partitionKey", {}).get("paths")
                != found.properties["partitionKey"]["paths"]
            ):
                raise Failure(400, "The partition key of a container cannot be changed.")
            if body.get("vectorEmbeddingPolicy") != found.properties.get("vectorEmbeddingPolicy"):
                raise Failure(400, "The vector embedding policy of a container cannot be changed.")
            body.setdefault("indexingPolicy", copy.deepcopy(INDEXING))
            found.properties = stamped(body, found.rid, found.path)
            found.expiring.clear()
            for item in found.items():
                found.put(item)
        elif request.method != "GET":
            raise Failure(501, NOT_IMPLEMENTED)
        reply = Reply(200, found.properties, etag=found.properties["_etag"])
        if request.flag("x-ms-documentdb-populatequotainfo") and isinstance(found, Container):
            reply.headers["x-ms-resource-usage"] = f"documentsSize={found.kilobytes()};"
        return reply

    def add_offer(self, request: Request, container: Json) -> None:
        content = {"offerThroughput": int(request.headers.get("x-ms-offer-throughput", 400))}
        if autoscale := request.headers.get("x-ms-cosmos-offer-autopilot-settings"):
            content["offerAutopilotSettings"] = json.loads(autoscale)
        name = f"offer{len(self._offers)}"
        offer = {
            "id": name,
            "offerVersion": "V2",
            "content": content,
            "resource": container["_self"],
        }
        offer["offerResourceId"] = container["_rid"]
        system = {
            "_rid": name,
            "_self": f"offers/{name}/",
            "_etag": new_etag(),
            "_ts": int(time.time()),
        }
        self._offers[container["_self"]] = {**offer, **system}

    def offer_requests(self, request: Request) -> Reply:
        if len(request.parts) == 1:
            return self.feed(request, "Offers", list(self._offers.values()))
        offer = next(
            (each for each in self._offers.values() if each["id"] == request.parts[1]), None
        )
        if offer is None:
            raise missing("Offer")
        if request.method == "PUT":
            offer["content"] = request.json["content"]
        return Reply(200, offer)

    def count_items(self) -> dict[str, int]:
        """Return how many items each container has, by `database/container`."""
        counts = {}
        for database in self.databases.values():
            for name, container in database.containers.items():
                container.purge()
                counts[f"{database.properties['id']}/{name}"] = len(container.by_rid)
        return counts


def check_vectors(container: Json) -> None:
    """Raise Failure unless each vector index is of a declared path, with dimensions it takes."""
    policy = container.get("vectorEmbeddingPolicy") or {}
    declared = {each["path"]: each["dimensions"] for each in policy.get("vectorEmbeddings", [])}
    for index in container["indexingPolicy"].get("vectorIndexes", []):
        most = MOST_DIMENSIONS.get(index["type"], 0)
        if not 0 < declared.get(index["path"], 0) <= most:
            raise Failure(400, f"The vector index of {index['path']} has no policy that it takes.")


_Found = TypeVar("_Found", Database, Container)


def find(store: Mapping[str, _Found], name: str, what: str, *, is_owner: bool) -> _Found:
    """Return a resource by name or `_rid`. Raise Failure: 404, with 1003 of what it owns."""
    found = store.get(name) or next(
        (each for each in store.values() if each.properties["_rid"] == name), None
    )
    if found is None:
        failure = missing(what)
        failure.substatus = OWNER_NOT_FOUND if is_owner else 0
        raise failure
    return found
