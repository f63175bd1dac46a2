"""A store in memory, for simulations: what `SqliteStore` does, without a file."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from shared import wire
from shared.errors import Conflict
from shared.ports.store import Create, Delete, Etags, Item, Op
from shared.storage.batch import encoded


@dataclass(frozen=True, slots=True)
class _Document:
    body: str
    etag: str
    due: float | None
    expires: float | None


class MemoryStore:
    """Documents as JSON text, so that nobody shares an object with anybody."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._partitions: dict[str, dict[str, _Document]] = {}
        self._etags = count(1)

    async def get(self, partition: str, id: str) -> Item | None:
        document = self._live(self._partitions.get(partition, {}).get(id))
        return _item(partition, id, document) if document else None

    async def find(
        self,
        partition: str | None,
        prefix: str,
        *,
        after: str = "",
        due_by: float | None = None,
        limit: int = 100,
    ) -> list[Item]:
        above, _, above_id = after.partition("\n") if partition is None else ("", "", after)
        found = [
            (key, id, document)
            for key in ([partition] if partition is not None else self._partitions)
            for id, document in self._partitions.get(key, {}).items()
            if id.startswith(prefix)
            and ((key, id) > (above, above_id) if partition is None else id > above_id)
            and self._live(document)
            and (due_by is None or (document.due is not None and document.due <= due_by))
        ]
        if due_by is None:
            found.sort(key=lambda place: place[:2])
        else:
            found.sort(key=lambda place: (place[2].due, *place[:2]))
        return [_item(*place) for place in found[:limit]]

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        bodies = encoded(ops)
        documents = self._partitions.setdefault(partition, {})
        changed: dict[str, _Document | None] = {}
        for op, body in zip(ops, bodies, strict=True):
            known = self._live(changed[op.id] if op.id in changed else documents.get(op.id))
            _check(op, known)
            if isinstance(op, Delete):
                changed[op.id] = None
                continue
            expires = None if op.ttl is None else self._clock() + op.ttl
            changed[op.id] = _Document(body, f"{next(self._etags)}", op.due, expires)
        for id, document in changed.items():
            if document is None:
                documents.pop(id, None)
            else:
                documents[id] = document
        return {id: document.etag for id, document in changed.items() if document}

    async def check(self) -> str:
        return ""

    async def close(self) -> None:
        """Nothing to close."""

    def _live(self, document: _Document | None) -> _Document | None:
        if document is None or document.expires is None or document.expires > self._clock():
            return document
        return None


def _check(op: Op, known: _Document | None) -> None:
    if isinstance(op, Create):
        if known is not None:
            raise Conflict(op.id)
    elif op.etag is not None and (known is None or known.etag != op.etag):
        raise Conflict(op.id)


def _item(partition: str, id: str, document: _Document) -> Item:
    return Item(partition, id, wire.loads(document.body), document.etag, document.due)
