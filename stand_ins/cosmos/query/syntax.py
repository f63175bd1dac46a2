"""The tree of a query: what was asked, with the text it came from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stand_ins.cosmos.query.values import QueryError

Node = tuple[Any, ...]
"""The kind of an expression, then its parts."""

Parameters = dict[str, Any]

AGGREGATES = {
    "COUNT": "Count",
    "COUNTIF": "CountIf",
    "SUM": "Sum",
    "AVG": "Average",
    "MIN": "Min",
    "MAX": "Max",
}

REWRITTEN = ("item", "totalWordCount")
"""How the objects begin that a query plan asks partitions for."""


@dataclass
class Expression:
    """A syntax tree with the text it came from."""

    node: Node
    text: str
    alias: str | None = None
    descending: bool = False


@dataclass
class Query:
    """A SELECT statement."""

    text: str
    distinct: bool = False
    top: Node | None = None
    star: bool = False
    value: bool = False
    items: list[Expression] = field(default_factory=list)
    root: str = ""
    """The alias of the document; none without FROM."""
    source: str = ""
    """The text of the FROM clause."""
    joins: list[tuple[str, Node]] = field(default_factory=list)
    where: Expression | None = None
    group_by: list[Expression] = field(default_factory=list)
    order_by: list[Expression] = field(default_factory=list)
    rank: bool = False
    """Whether it is ordered by a score that needs to know of all documents."""
    offset: Node | None = None
    limit: Node | None = None

    def aggregates(self) -> list[Expression]:
        return [each for each in self.items if has_aggregate(each.node)]


def children(node: Node) -> Iterator[Node]:
    """Yield every node directly below this one."""
    for part in node[1:]:
        for each in part if isinstance(part, list) else [part]:
            if isinstance(each, tuple):
                # in an object literal it is the second of a pair (text, node)
                yield each[1] if node[0] == "object" else each


def names(node: Node) -> Iterator[str]:
    if node[0] == "name":
        yield node[1]
    for child in children(node):
        yield from names(child)


def is_aggregate(node: Node) -> bool:
    return bool(node[0] == "aggregate")


def is_rewritten(node: Node) -> bool:
    """Whether this is the [{"item": ...}], or the statistics, that a plan asks partitions for."""
    if node[0] != "array" or [each[0] for each in node[1]] != ["object"]:
        return False
    [[_, pairs]] = node[1]
    return bool(pairs) and pairs[0][0] in REWRITTEN


def has_aggregate(node: Node) -> bool:
    return is_aggregate(node) or any(map(has_aggregate, children(node)))


def as_path(node: Node) -> tuple[str, list[Any]] | None:
    """Return alias and keys of something like c.a["b"][0], None of anything else."""
    keys: list[Any] = []
    while node[0] == "get" and node[2][0] == "constant":
        keys.insert(0, node[2][1])
        node = node[1]
    return (node[1], keys) if node[0] == "name" else None


def base_name(node: Node) -> str:
    path = as_path(node)
    if path is None:
        raise QueryError("FROM ... IN needs a path.")
    return path[0]
