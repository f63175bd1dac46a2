"""One write on its way to becoming a transactional batch."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from shared import wire
from shared.errors import Conflict
from shared.ports.store import FOR_EVER, Create, Delete, Etags, Op
from shared.storage import batch
from shared.storage.cosmos.documents import condition, document_id, etag_of


@dataclass(slots=True)
class Step:
    """An operation; `document` is None for a delete, `etag` a condition of the service.

    `mended` counts how often it lost and was sent in another form.
    """

    op: Op
    document: dict[str, Any] | None
    etag: str = ""
    mended: int = 0

    @property
    def forgiving(self) -> bool:
        """A delete that is content when there is nothing to delete."""
        return self.document is None and not self.etag

    def operation(self) -> tuple[Any, ...]:
        """In the SDK's form; made anew for each try, because the SDK empties it."""
        id, guard = document_id(self.op.id), {"if_match_etag": self.etag} if self.etag else {}
        if self.document is None:
            return "delete", (id,), guard
        if self.etag:
            return "replace", (id, self.document), guard
        return "create" if isinstance(self.op, Create) else "upsert", (self.document,), guard


@dataclass(slots=True)
class Batch:
    """The steps still to be taken, all or none.

    `token` is in every document that this write makes: so it recognises its own work after a
    lost answer, when it is `doubtful` whether the service did it.
    """

    partition: str
    steps: list[Step]
    token: str
    doubtful: bool = field(default=False)

    @classmethod
    def of(cls, partition: str, ops: Sequence[Op], now: float) -> Self:
        """Raises PermanentError when over the limits, Conflict for an etag that has expired."""
        token = secrets.token_urlsafe(6)
        steps = []
        for op, body in zip(ops, batch.encoded(ops), strict=True):
            etag, expires = "", float("inf")
            if not isinstance(op, Create) and op.etag is not None:
                etag, expires = condition(op.etag)
            if expires <= now:
                raise Conflict(op.id)
            steps.append(Step(op, _document(partition, op, body, token, now), etag))
        return cls(partition, steps, token)

    @property
    def witnesses(self) -> list[str]:
        """Ids whose documents tell whether this write was done, the surest first."""
        made = [step.op for step in self.steps if step.document]
        return [op.id for op in sorted(made, key=lambda op: not isinstance(op, Create))][:3]

    def etags(self, results: Sequence[Mapping[str, Any]]) -> Etags:
        """Return the etags of what was made, from what the service says of each step."""
        return {
            step.op.id: etag_of(result["eTag"], step.document.get("expires"))
            for step, result in zip(self.steps, results, strict=False)
            if step.document is not None and result.get("eTag")
        }

    def wrote(self, document: dict[str, Any] | None) -> bool:
        return document is not None and document.get("write") == self.token


def _document(partition: str, op: Op, body: str, token: str, now: float) -> dict[str, Any] | None:
    if isinstance(op, Delete):
        return None
    made = {
        "id": document_id(op.id),
        "partition": partition,
        "body": wire.loads(body),
        "write": token,
    }
    if op.due is not None:
        made["due"] = op.due
    if op.ttl is not None and op.ttl != FOR_EVER:
        made |= {"ttl": max(1, op.ttl), "expires": round(now + op.ttl, 3)}
    return made
