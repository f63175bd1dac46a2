"""The queries of `Store.find`, as Cosmos understands them."""

from sys import float_info
from typing import Any

from shared.storage.cosmos.documents import document_id

_ALIVE = "STARTSWITH(c.id, @prefix) AND (NOT IS_DEFINED(c.expires) OR c.expires > @now)"
_ABOVE = "c.id > @after"
_ABOVE_ALL = '(c["partition"] > @above OR (c["partition"] = @above AND c.id > @after))'


def query(
    prefix: str, after: str, due_by: float | None, now: float, *, everywhere: bool
) -> dict[str, Any]:
    """`query` and `parameters` for the SDK; `everywhere` when no partition is given."""
    where, order = [_ALIVE], ["c.id"]
    parameters: dict[str, Any] = {"prefix": document_id(prefix), "now": now}
    if everywhere:
        order.insert(0, 'c["partition"]')
        above, _, after = after.partition("\n")
        if above:
            where.append(_ABOVE_ALL)
            parameters |= {"above": above, "after": document_id(after)}
    elif after:
        where.append(_ABOVE)
        parameters["after"] = document_id(after)
    if due_by is not None:
        where.append("c.due <= @due")
        order.insert(0, "c.due")
        parameters["due"] = min(due_by, float_info.max)  # JSON has no infinity
    text = f"SELECT * FROM c WHERE {' AND '.join(where)} ORDER BY {', '.join(order)}"  # noqa: S608 -- all of it is above
    return {
        "query": text,
        "parameters": [{"name": f"@{name}", "value": value} for name, value in parameters.items()],
    }
