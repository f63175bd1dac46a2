"""Items by partition, plus what the container's properties ask of them."""

import heapq
import itertools
import json
import struct
import time
from collections.abc import Sequence
from typing import Any

from stand_ins.cosmos.errors import Failure
from stand_ins.cosmos.hashing import effective_key
from stand_ins.cosmos.resources import SYSTEM, Json, follow, new_etag, rid_text

MAX_ITEM_BYTES = 2 * 1024 * 1024
MAX_ID_BYTES = 1023


class Item:
    """One version of a document. Never changed; a write puts a new one in its place."""

    def __init__(self, body: Json, number: int, lsn: int, key: tuple[str, str]) -> None:
        self.body = body
        self.number = number
        """Its place in the order of creation, part of the `_rid`."""
        self.lsn = lsn
        """Its place in the change feed."""
        self.key = key
        """The effective partition key, and the id."""
        self.written = time.time()

    @property
    def etag(self) -> str:
        return str(self.body["_etag"])


class Container:
    """Items by partition, plus what the container's properties ask of them."""

    def __init__(self, rid: bytes, properties: Json, partitions: int, path: str) -> None:
        self.rid = rid
        self.path = path
        """The `_self` of the container."""
        self.properties = properties
        self.partitions: dict[str, dict[str, Item]] = {}
        """By effective partition key, then by id."""
        self.by_rid: dict[str, Item] = {}
        self.numbers = itertools.count(1)
        self.lsn = 0
        self.expiring: list[tuple[float, int, Item]] = []
        paths = properties["partitionKey"]["paths"]
        self.hierarchical = properties["partitionKey"]["kind"] == "MultiHash"
        self.key_paths = [path.strip("/").split("/") for path in paths]
        bounds = [f"{0x40 * n // partitions:02X}".ljust(32, "0") for n in range(1, partitions)]
        self.ranges = list(itertools.pairwise(["", *bounds, "FF"]))

    def kilobytes(self) -> int:
        """The size of all documents, rounded up, as `documentsSize` says it."""
        return -(-sum(len(json.dumps(item.body)) for item in self.items()) // 1024)

    # --- finding

    def key_of(self, body: Json) -> list[Any]:
        """Partition key values of a document; {} stands for a missing one."""
        values = []
        for path in self.key_paths:
            value: Any = body
            for part in path:
                value = value.get(part.strip('"'), {}) if isinstance(value, dict) else {}
            values.append(value)
        return values

    def effective(self, values: Sequence[Any]) -> str:
        if len(values) != len(self.key_paths):
            raise Failure(
                400, "Partition key provided either doesn't correspond to definition.", 1001
            )
        return effective_key(values, self.hierarchical)

    def range_of(self, epk: str) -> int:
        return next(index for index, (low, high) in enumerate(self.ranges) if low <= epk < high)

    def purge(self) -> None:
        """Remove what has outlived its time to live."""
        while self.expiring and self.expiring[0][0] <= time.time():
            _, _, item = heapq.heappop(self.expiring)
            if self.get(item.key) is item:
                self.remove(item)

    def get(self, key: tuple[str, str]) -> Item | None:
        return self.partitions.get(key[0], {}).get(key[1])

    def items(self, low: str = "", high: str = "FF") -> list[Item]:
        """Return the items of a stretch of the hash space, in the order a partition lists them.

        Equal bounds mean one logical partition.
        """
        if low == high:
            groups = [self.partitions.get(low, {})]
        else:
            groups = [group for epk, group in self.partitions.items() if low <= epk < high]
        found = [item for group in groups for item in group.values()]
        return sorted(found, key=lambda item: item.number)

    # --- storing

    def put(self, item: Item) -> None:
        self.partitions.setdefault(item.key[0], {})[item.key[1]] = item
        self.by_rid[item.body["_rid"]] = item
        default, own = self.properties.get("defaultTtl"), item.body.get("ttl")
        ttl = None if default is None else default if own is None else own
        if ttl is not None and ttl > 0:
            heapq.heappush(self.expiring, (item.written + ttl, item.lsn, item))

    def remove(self, item: Item) -> None:
        group = self.partitions[item.key[0]]
        del group[item.key[1]]
        del self.by_rid[item.body["_rid"]]
        if not group:
            del self.partitions[item.key[0]]

    def store(self, epk: str, body: Json, before: Item | None = None) -> Item:
        """Check a new version and put it in place."""
        self.validate(body)
        if effective_key(self.key_of(body), self.hierarchical) != epk:
            text = "PartitionKey extracted from document doesn't match the one in the header."
            raise Failure(400, text, 1001)
        self.check_unique(epk, body, before)
        self.lsn += 1
        number = before.number if before else next(self.numbers)
        body = {key: value for key, value in body.items() if key not in SYSTEM}
        body["_rid"] = rid_text(self.rid + struct.pack("<Q", number))
        body["_self"] = f"{self.path}docs/{body['_rid']}/"
        body["_etag"] = new_etag()
        body["_attachments"] = "attachments/"
        body["_ts"] = int(time.time())
        item = Item(body, number, self.lsn, (epk, body["id"]))
        self.put(item)
        return item

    def validate(self, body: Any) -> None:
        if not isinstance(body, dict):
            raise Failure(400, "The document body must be a JSON object.")
        name = body.get("id")
        if not isinstance(name, str) or not name:
            text = "The input is invalid because required properties - 'id; ' - are missing."
            raise Failure(400, text)
        if any(char in "/\\?#" for char in name) or len(name.encode()) > MAX_ID_BYTES:
            raise Failure(400, "The id contains illegal characters or is too long.")
        ttl = body.get("ttl", -1)
        if not isinstance(ttl, int) or isinstance(ttl, bool) or (ttl != -1 and ttl <= 0):
            text = (
                f"The input ttl '{ttl}' is invalid. Ensure to provide a nonzero positive integer."
            )
            raise Failure(400, text)
        if len(json.dumps(body)) > MAX_ITEM_BYTES:
            raise Failure(413, "The document size exceeds the maximum of 2 MB.")

    def check_unique(self, epk: str, body: Json, before: Item | None) -> None:
        for rule in self.properties.get("uniqueKeyPolicy", {}).get("uniqueKeys", []):
            mine = [follow(body, path) for path in rule["paths"]]
            for other in self.partitions.get(epk, {}).values():
                if (
                    other is not before
                    and [follow(other.body, path) for path in rule["paths"]] == mine
                ):
                    raise Failure(409, "Unique index constraint violation.")
