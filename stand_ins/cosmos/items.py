"""Requests for items: one of them, or a batch that takes effect whole or not at all."""

from typing import Any

from stand_ins.cosmos import charges
from stand_ins.cosmos.container import MAX_ITEM_BYTES, Container
from stand_ins.cosmos.errors import NOT_IMPLEMENTED, Failure
from stand_ins.cosmos.messages import Reply, Request
from stand_ins.cosmos.operations import Done, Operation, Undo, apply_operation, revert
from stand_ins.cosmos.query.values import QueryError
from stand_ins.cosmos.resources import Json

MAX_BATCH = 100
KINDS = {"GET": "Read", "PUT": "Replace", "PATCH": "Patch", "DELETE": "Delete"}


def item(request: Request, container: Container, name: str) -> Reply:
    """Answer a request for the item of that name, or of that `_rid`."""
    if request.method not in KINDS:
        raise Failure(501, NOT_IMPLEMENTED)
    if name in container.by_rid:  # the link came from _self
        name = container.by_rid[name].body["id"]
    body = request.json if request.method in ("PUT", "PATCH") else None
    return write(request, container, KINDS[request.method], name, body)


def write(
    request: Request, container: Container, kind: str, name: str | None = None, body: Any = None
) -> Reply:
    """Carry out one operation, also a read, and answer with the item."""
    epk = _required_key(request, container)
    if_match, if_none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
    operation = Operation(kind, name, body, if_match, if_none_match)
    done = apply_operation(container, epk, operation)
    reply = Reply(done.status, None, done.charge)
    reply.headers["x-ms-session-token"] = _session(container, epk)
    if done.item:
        reply.headers["etag"] = done.item.etag
        minimal = kind != "Read" and request.headers.get("prefer") == "return=minimal"
        if done.status != 304 and not minimal:
            reply.body = done.item.body
    return reply


def batch(request: Request, container: Container) -> Reply:
    """Carry out a transactional batch: all operations take effect, or none does."""
    epk = _required_key(request, container)
    entries = request.json
    if not 0 < len(entries) <= MAX_BATCH:
        raise Failure(400, f"A batch needs 1 to {MAX_BATCH} operations.")
    if len(request.raw) > MAX_ITEM_BYTES:
        raise Failure(413, "The batch exceeds the maximum of 2 MB.")
    results: list[Json] = []
    undo: list[Undo] = []
    status = 200
    for index, entry in enumerate(entries):
        try:
            done = apply_operation(container, epk, _operation(entry))
        except (Failure, QueryError) as failure:
            revert(container, undo)
            status, results = 207, _failed(len(entries), index, failure)
            break
        undo.append(done.undo)
        results.append(_result(done))
    total = sum(each["requestCharge"] for each in results)
    return Reply(status, results, total, x_ms_session_token=_session(container, epk))


def _operation(entry: Json) -> Operation:
    return Operation(
        entry["operationType"],
        entry.get("id"),
        entry.get("resourceBody"),
        entry.get("ifMatch"),
        entry.get("ifNoneMatch"),
    )


def _result(done: Done) -> Json:
    result: Json = {"statusCode": done.status, "requestCharge": done.charge}
    if done.item:
        result |= {"eTag": done.item.etag, "resourceBody": done.item.body}
    return result


def _failed(count: int, index: int, failure: Exception) -> list[Json]:
    """Return the results of a batch in which one failed: the others depend on it."""
    results: list[Json] = [{"statusCode": 424, "requestCharge": 0.0} for _ in range(count)]
    status = getattr(failure, "status", 400)
    results[index] = {
        "statusCode": status,
        "requestCharge": charges.FAILED,
        "message": str(failure),
    }
    return results


def _session(container: Container, epk: str) -> str:
    return f"{container.range_of(epk)}:-1#{container.lsn}"


def _required_key(request: Request, container: Container) -> str:
    values = request.partition_key()
    if values is None:
        raise Failure(400, "PartitionKey value must be supplied for this operation.")
    return container.effective(values)
