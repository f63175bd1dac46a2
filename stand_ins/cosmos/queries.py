"""Queries, pages of them, and the change feed."""

from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from stand_ins.cosmos import charges
from stand_ins.cosmos.container import Container
from stand_ins.cosmos.errors import Failure
from stand_ins.cosmos.messages import Reply, Request, pack, unpack
from stand_ins.cosmos.query import plan as sql_plan
from stand_ins.cosmos.query.parser import parse
from stand_ins.cosmos.query.rank_plan import rank_plan
from stand_ins.cosmos.query.rows import Row, can_resume, pinned, run
from stand_ins.cosmos.query.syntax import Parameters, Query, as_path
from stand_ins.cosmos.query.values import UNDEFINED
from stand_ins.cosmos.resources import Json

Stretch = tuple[int, str, str]
"""A stretch of the hash space that a read covers: index of the range, low, high."""

EVERYTHING = parse("SELECT * FROM c")


def ranges(request: Request, container: Container) -> Reply:
    etag = container.properties["_rid"]
    if request.headers.get("if-none-match") == etag:
        return Reply(304, None, etag=etag)
    ranges = [
        {
            "id": str(index),
            "minInclusive": low,
            "maxExclusive": high,
            "_rid": f"{container.properties['_rid']}{index}",
            "status": "online",
            "parents": [],
        }
        for index, (low, high) in enumerate(container.ranges)
    ]
    body = {"_rid": etag, "PartitionKeyRanges": ranges, "_count": len(ranges)}
    return Reply(200, body, etag=etag)


def _stretches(
    request: Request,
    container: Container,
    statement: Query | None = None,
    parameters: Parameters | None = None,
) -> list[Stretch] | None:
    """The stretches of the hash space a read covers, as (range index, low, high).

    Equal bounds mean one logical partition. None means the read is not scoped at all.
    """
    values = request.partition_key()
    if values is not None:
        epk = container.effective(values)
        return [(container.range_of(epk), epk, epk)]
    low, high = request.headers.get("x-ms-start-epk", ""), request.headers.get("x-ms-end-epk", "FF")
    if "x-ms-documentdb-partitionkeyrangeid" in request.headers:
        index = int(request.headers["x-ms-documentdb-partitionkeyrangeid"].rpartition(",")[2])
        if index >= len(container.ranges):
            raise Failure(400, "The partition key range does not exist.")
        first, last = container.ranges[index]
        return [(index, max(low, first), min(high, last))]
    if statement:
        paths = ["/" + "/".join(path) for path in container.key_paths]
        values = pinned(statement, paths, parameters or {})
        if values is not None:
            epk = container.effective(values)
            return [(container.range_of(epk), epk, epk)]
    return None


def _all(container: Container) -> list[Stretch]:
    return [(index, *bounds) for index, bounds in enumerate(container.ranges)]


def check_composite(container: Container, statement: Query) -> None:
    if len(statement.order_by) < 2:
        return
    wanted = []
    for item in statement.order_by:
        if path := as_path(item.node):
            keys = path[1]
            wanted.append(("/" + "/".join(map(str, keys)), item.descending))
    flipped = [(path, not descending) for path, descending in wanted]
    for index in container.properties["indexingPolicy"].get("compositeIndexes", []):
        have = [(each["path"], each.get("order") == "descending") for each in index]
        if have in (wanted, flipped):
            return
    text = "The order by query does not have a composite index that it can be served from."
    raise Failure(400, text)


def plan(request: Request, container: Container, statement: Query, parameters: Parameters) -> Reply:
    """Answer how a client has to spread a query over the partitions."""
    features = request.headers.get("x-ms-cosmos-supported-query-features", "")
    if statement.group_by and "GroupBy" not in features:
        text = "The query has features that the calling client does not support: GroupBy."
        raise Failure(400, text)
    check_composite(container, statement)
    full: Json = {"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}
    found = (
        {"hybridSearchQueryInfo": rank_plan(statement, parameters)}
        if statement.rank
        else {"queryInfo": sql_plan.plan(statement, parameters)}
    )
    body = {"partitionedQueryExecutionInfoVersion": 2, **found, "queryRanges": [full]}
    return Reply(200, body)


def query(
    request: Request, container: Container, statement: Query, parameters: Parameters
) -> Reply:
    """Answer with one page."""
    check_composite(container, statement)
    covered = _stretches(request, container, statement, parameters)
    if covered is None:
        if statement is not EVERYTHING and not request.flag(
            "x-ms-documentdb-query-enablecrosspartition"
        ):
            text = (
                "Cross partition query is required but disabled. Please set"
                " x-ms-documentdb-query-enablecrosspartition to true, specify"
                " x-ms-documentdb-partitionkey, or revise your query to avoid this exception."
            )
            raise Failure(400, text)
        if sql_plan.needs_plan(statement):
            plan(request, container, statement, parameters)
            text = "The provided cross partition query can not be directly served by the gateway."
            raise Failure(400, text, 1004)
        covered = _all(container)
    values, token, position = _page(request, container, statement, parameters, covered)
    body = {"_rid": container.properties["_rid"], "Documents": values, "_count": len(values)}
    reply = Reply(200, body, charges.of_page(values), x_ms_item_count=len(values))
    reply.headers["x-ms-session-token"] = f"{position}:-1#{container.lsn}"
    if token:
        reply.headers["x-ms-continuation"] = token
    return reply


def _page(
    request: Request,
    container: Container,
    statement: Query,
    parameters: Parameters,
    stretches: Sequence[Stretch],
) -> tuple[list[Any], str | None, int]:
    """Return a page from one physical partition, the token for the next, and where it is."""
    token = unpack(request.headers.get("x-ms-continuation"))
    place = next((n for n, each in enumerate(stretches) if each[0] == token.get("range")), 0)
    index, low, high = stretches[place]
    documents = [(item.number, item.body) for item in container.items(low, high)]
    rows = run(statement, documents, parameters)
    start = token.get("skip", 0)
    if "after" in token:
        last = Row(None, *token["after"])
        last.order = [UNDEFINED if each == [] else each[0] for each in last.order]
        directions = [each.descending for each in statement.order_by]
        start = sum(1 for row in rows if not last.precedes(row, directions))
    size = request.page_size()
    chosen = rows[start : start + size]
    following: Json | None = None
    if start + size < len(rows):
        following = {"range": index}
        if can_resume(statement):
            order = [[] if each is UNDEFINED else [each] for each in chosen[-1].order]
            following["after"] = [order, chosen[-1].position]
        else:
            following["skip"] = start + size
    elif place + 1 < len(stretches):
        following = {"range": stretches[place + 1][0]}
    return [row.value for row in chosen], pack(following), index


def change_feed(request: Request, container: Container) -> Reply:
    """Answer with the latest version of each changed item, in the order of the changes."""
    if request.headers["a-im"].lower() != "incremental feed":
        raise Failure(501, "Only the latest-version change feed is implemented by this stand-in.")
    covered = _stretches(request, container) or _all(container)
    since = request.headers.get("if-none-match")
    after = container.lsn if since == "*" else int(since.strip('"')) if since else 0
    start_time = request.headers.get("if-modified-since")
    earliest = parsedate_to_datetime(start_time).timestamp() if start_time else 0
    found = [item for _, low, high in covered for item in container.items(low, high)]
    found = [item for item in found if item.lsn > after and item.written >= earliest]
    found.sort(key=lambda item: item.lsn)
    chosen = found[: request.page_size()]
    etag = f'"{chosen[-1].lsn if chosen else max(after, container.lsn)}"'
    if not chosen:
        return Reply(304, None, etag=etag)
    values = [{**item.body, "_lsn": item.lsn} for item in chosen]
    body = {"_rid": container.properties["_rid"], "Documents": values, "_count": len(values)}
    token = f"{covered[0][0]}:-1#{container.lsn}"
    return Reply(
        200,
        body,
        charges.of_page(values),
        etag=etag,
        x_ms_item_count=len(values),
        x_ms_session_token=token,
    )
