"""A query over documents: the rows that it gives, in their order."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from stand_ins.cosmos.query.scope import Scope, number_of
from stand_ins.cosmos.query.syntax import Expression, Node, Parameters, Query, as_path
from stand_ins.cosmos.query.values import UNDEFINED, sort_key


@dataclass
class Row:
    """One result, what it is ordered by, and its place before the ordering."""

    value: Any
    order: list[Any]
    position: list[int]

    def precedes(self, other: "Row", directions: Sequence[bool]) -> bool:
        """Return whether it comes before another; `directions` say what descends."""
        for mine, theirs, descending in zip(self.order, other.order, directions, strict=True):
            left, right = sort_key(mine), sort_key(theirs)
            if left != right:
                return (left > right) if descending else (left < right)
        return self.position < other.position


def select(query: Query, scope: Scope) -> Any:
    if query.star:
        return scope.names[query.root]
    if query.value:
        return scope.value(query.items[0].node)
    result = {}
    for index, item in enumerate(query.items, 1):
        value = scope.value(item.node)
        if value is not UNDEFINED:
            result[column(item, index)] = value
    return result


def column(item: Expression, index: int) -> str:
    path = as_path(item.node)
    if item.alias or not path:
        return item.alias or f"${index}"
    return str(path[1][-1]) if path[1] else path[0]


def expand(query: Query, document: Any, parameters: Parameters) -> list[Scope]:
    """The rows that one document gives after its joins."""
    scopes = [Scope({query.root: document}, parameters)]
    for name, node in query.joins:
        arrays = [(scope, scope.value(node)) for scope in scopes]
        scopes = [
            Scope({**scope.names, name: each}, parameters)
            for scope, array in arrays
            if isinstance(array, list)
            for each in array
        ]
    return scopes


def run(query: Query, documents: Iterable[tuple[int, Any]], parameters: Parameters) -> list[Row]:
    """Evaluate over (number, document) pairs. Return rows in result order.

    They can be paged by their own place (`Row.precedes`) unless the query folds, skips or cuts.
    """
    kept = _folded(query, _kept(query, documents, parameters), parameters)
    rows = []
    for scope, position in kept:
        order = [scope.value(item.node) for item in query.order_by]
        if len(order) == 1 and order[0] is UNDEFINED:
            continue  # as with the default indexing policy
        value = select(query, scope)
        if value is not UNDEFINED:
            rows.append(Row(value, order, position))
    if query.order_by:
        directions = [item.descending for item in query.order_by]
        rows.sort(key=cmp_to_key(lambda one, two: -1 if one.precedes(two, directions) else 1))
    if query.distinct:
        seen: dict[str, Row] = {}
        for row in rows:
            seen.setdefault(json.dumps(sort_key(row.value), sort_keys=True), row)
        rows = list(seen.values())
    if query.offset and query.limit:
        offset = number_of(query.offset, parameters, "OFFSET")
        rows = rows[offset : offset + number_of(query.limit, parameters, "LIMIT")]
    if query.top:
        rows = rows[: number_of(query.top, parameters, "TOP")]
    return rows


_Kept = list[tuple[Scope, list[int]]]
"""What passed the filter, each with its place."""


def _kept(query: Query, documents: Iterable[tuple[int, Any]], parameters: Parameters) -> _Kept:
    return [
        (scope, [number, index])
        for number, document in (documents if query.root else [(0, {})])
        for index, scope in enumerate(expand(query, document, parameters))
        if query.where is None or scope.value(query.where.node) is True
    ]


def _folded(query: Query, kept: _Kept, parameters: Parameters) -> _Kept:
    """One row for each group, or for all where only aggregates are asked for."""
    if query.group_by:
        groups: dict[tuple[Any, ...], list[Scope]] = {}
        for scope, _ in kept:
            key = tuple(sort_key(scope.value(each.node)) for each in query.group_by)
            groups.setdefault(key, []).append(scope)
        folded = [Scope(group[0].names, parameters, group) for group in groups.values()]
        return [(scope, [index, 0]) for index, scope in enumerate(folded)]
    if query.aggregates():
        return [(Scope({}, parameters, [scope for scope, _ in kept]), [0, 0])]
    return kept


def can_resume(query: Query) -> bool:
    """Whether a page can continue after its last row even if documents came or went meanwhile."""
    return not (query.distinct or query.group_by or query.aggregates() or query.offset or query.top)


def pinned(query: Query, paths: Sequence[str], parameters: Parameters) -> list[Any] | None:
    """The partition key values that the WHERE clause fixes by equality, or None."""
    fixed = {}

    def visit(node: Node) -> None:
        if node[0] == "logic" and node[1] == "AND":
            visit(node[2])
            visit(node[3])
        elif node[0] == "compare" and node[1] == "=":
            for side, other in ((node[2], node[3]), (node[3], node[2])):
                path = as_path(side)
                if path and path[0] == query.root and other[0] in ("constant", "parameter"):
                    fixed["/" + "/".join(map(str, path[1]))] = Scope({}, parameters).value(other)

    if query.where:
        visit(query.where.node)
    values = [fixed.get(path, UNDEFINED) for path in paths]
    return None if UNDEFINED in values else values
