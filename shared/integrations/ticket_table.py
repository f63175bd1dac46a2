"""The backend `tickets` where the organisation has declared none: a table in the platform's store.

POST  /tickets                  a ticket with its id; the same id again changes nothing
GET   /tickets?person=&bot=     {"tickets": [...]}, the oldest first
PATCH /tickets/{id}             {"person", "status"?, "note"?}: 404 unless it is that person's
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import unquote

from shared.errors import Conflict
from shared.ports.backend import BackendError, Call
from shared.ports.store import Create, Put, Store, every
from shared.records.change import undisturbed
from shared.records.ticket import STATES, TICKETS_PREFIX, Ticket

KEPT_SECONDS = 400 * 86_400
"""A ticket is kept so long after its last change."""

MAX_NOTES = 50


def partition_of(person: str) -> str:
    """Where the tickets of a person are kept."""
    return f"{TICKETS_PREFIX}{person}"


class TicketTable:
    """Tickets by person, each a document in the partition of its person."""

    def __init__(self, name: str, store: Callable[[], Store]) -> None:
        self.name = name
        self._store = store

    async def call(self, call: Call) -> Any:
        body: Mapping[str, Any] = call.json or {}
        match call.method, call.path.removeprefix("/tickets").strip("/"):
            case "POST", "":
                return await self._file(body)
            case "GET", "":
                return {"tickets": await self._of(call.query)}
            case "PATCH", id if id:
                return await self._change(unquote(id), body)
        raise BackendError(self.name, 404, {"error": "no such path"})

    async def check(self) -> str:
        return ""

    async def close(self) -> None: ...

    async def _file(self, body: Mapping[str, Any]) -> dict[str, Any]:
        ticket = Ticket.of(body)
        create = Create(_id(ticket.id), ticket.to_dict(), ttl=KEPT_SECONDS)
        with suppress(Conflict):  # an earlier attempt at the same turn has filed it
            await self._store().write(partition_of(ticket.person), create)
        return ticket.to_dict()

    async def _of(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        partition = partition_of(query["person"])
        found = [dict(item.body) async for item in every(self._store(), _id(""), partition)]
        mine = [body for body in found if body["bot"] == query["bot"]]
        return sorted(mine, key=lambda body: float(body["filed"]))

    async def _change(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        partition, status = partition_of(str(body.get("person", ""))), body.get("status")
        if status is not None and status not in STATES:
            raise BackendError(self.name, 422, {"error": f"status is one of {STATES}"})
        return await undisturbed(partial(self._write, partition, id, status, body.get("note")))

    async def _write(
        self, partition: str, id: str, status: str | None, note: str | None
    ) -> dict[str, Any]:
        item = await self._store().get(partition, _id(id))
        if item is None:
            raise BackendError(self.name, 404, {"error": "unknown"})
        changed = {**item.body, "status": status or item.body["status"]}
        if note:
            kept = [one for one in item.body["notes"] if one != note]
            changed["notes"] = [*kept, note][-MAX_NOTES:]
        await self._store().write(
            partition, Put(item.id, changed, etag=item.etag, ttl=KEPT_SECONDS)
        )
        return changed


def _id(ticket: str) -> str:
    return f"ticket:{ticket}"
