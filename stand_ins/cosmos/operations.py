"""One operation on an item, from a request of its own or from a batch."""

from dataclasses import dataclass
from typing import Any

from stand_ins.cosmos import charges
from stand_ins.cosmos.container import Container, Item
from stand_ins.cosmos.errors import Failure, missing
from stand_ins.cosmos.patch import patched

Undo = tuple[Item | None, Item | None]
"""What stood in a place before and after."""

NOT_MET = "One of the specified pre-condition is not met."


@dataclass(frozen=True)
class Operation:
    """`kind` is Create, Upsert, Read, Replace, Patch or Delete."""

    kind: str
    name: str | None = None
    body: Any = None
    if_match: str | None = None
    if_none_match: str | None = None

    @property
    def id(self) -> str | None:
        """Return the id of the item that it is about."""
        if self.kind not in ("Create", "Upsert"):
            return self.name
        id = self.body.get("id") if isinstance(self.body, dict) else None
        return id if isinstance(id, str) else None


@dataclass(frozen=True)
class Done:
    """What became of an operation: the item as it is now, as it was, and the price."""

    status: int
    item: Item | None
    charge: float
    before: Item | None = None

    @property
    def undo(self) -> Undo:
        return self.before, self.item


def apply_operation(container: Container, epk: str, operation: Operation) -> Done:
    """Carry out one operation. Raise Failure if it cannot be."""
    kind = operation.kind
    current = None if operation.id is None else container.get((epk, operation.id))
    if kind in ("Replace", "Patch", "Delete", "Read") and current is None:
        raise missing()
    if current and not _conditions_hold(operation, current):
        if kind != "Read" or operation.if_match not in (None, "*", current.etag):
            raise Failure(412, NOT_MET)
        return Done(304, current, charges.FAILED, current)
    if kind == "Read":
        return _done(kind, 200, current, current)
    if kind == "Delete":
        if current:
            container.remove(current)
        return _done(kind, 204, None, current)
    if kind == "Create" and current:
        raise Failure(409, "Entity with the specified id already exists in the system.")
    body = operation.body
    if kind == "Patch" and current:
        body = patched(current.body, body)
    if kind in ("Replace", "Patch") and body.get("id") != operation.id:
        raise Failure(400, "The id of an item cannot be changed.")
    item = container.store(epk, body, current)
    return _done(kind, 200 if current else 201, item, current)


def _conditions_hold(operation: Operation, current: Item) -> bool:
    if operation.if_match not in (None, "*", current.etag):
        return False
    return operation.kind == "Create" or operation.if_none_match not in ("*", current.etag)


def _done(kind: str, status: int, item: Item | None, before: Item | None) -> Done:
    subject = item or before
    body = subject.body if subject else {}
    charge = charges.of(kind, status, body, replaced=before is not None)
    return Done(status, item, charge, before)


def revert(container: Container, undo: list[Undo]) -> None:
    """Undo what a batch did before it failed."""
    for before, after in reversed(undo):
        if before is after:
            continue  # a read
        if after:
            container.remove(after)
        if before:
            container.put(before)
