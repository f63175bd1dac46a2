"""Every name is declared, every module gets what it asks for, and nothing is left over."""

from collections.abc import Iterator
from pathlib import Path

from tree_sitter import Node

from infra.check.source import (
    Finding,
    Source,
    body,
    every,
    is_existing,
    literal,
    properties,
    read,
    target,
    text,
)

FUNCTIONS = (
    *("any", "array", "base64", "bool", "concat", "contains", "dateTimeAdd", "empty"),
    *("environment", "filter", "first", "flatten", "format", "guid", "indexOf", "int"),
    "intersection",
    *("items", "join", "json", "last", "length", "loadJsonContent", "loadTextContent", "map"),
    *("max", "min", "objectKeys", "padLeft", "range", "reduce", "replace", "resourceGroup"),
    *("resourceId", "skip", "sort", "split", "startsWith", "endsWith", "string", "subscription"),
    *("subscriptionResourceId", "substring", "take", "tenant", "toLower", "toObject", "toUpper"),
    *("trim", "union", "uniqueString", "uri", "utcNow"),
)
"""Those of Bicep that are of use here."""


def check_names(source: Source) -> Iterator[Finding]:
    """What does not parse; else names, modules, and what nobody uses."""
    broken = [node for node in every(source.root) if node.is_error or node.is_missing]
    if broken:
        yield source.finding(broken[0], f"is no Bicep near {text(broken[0])[:40]!r}")
        return
    used: set[str] = set()
    yield from _identifiers(source, source.root, frozenset(), used)
    for name, block in source.modules.items():
        yield from _module(source, name, block)
    for name, node in source.declared.items():
        leftover = node.type in ("parameter_declaration", "variable_declaration")
        if (leftover or is_existing(node)) and name not in used:
            yield source.finding(node, f"{name} is not used")


def _identifiers(
    source: Source, node: Node, local: frozenset[str], used: set[str]
) -> Iterator[Finding]:
    if node.type in ("for_statement", "arguments"):
        local |= _locals(node)
    if node.type == "member_expression":
        yield from _output(source, node)
    if node.type == "identifier" and not _is_key(node):
        name = text(node)
        used.add(name)
        if name not in local and name not in source.declared and name not in FUNCTIONS:
            yield source.finding(node, f"{name} is not declared")
    for child in node.named_children:
        if not (child.type == "type" or _is_declared(node, child)):
            yield from _identifiers(source, child, local, used)


def _is_key(node: Node) -> bool:
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "object_property":
        return parent.named_children[0] == node
    return any(up.type == "decorators" for up in _above(node)) and parent.type == "call_expression"


def _is_declared(node: Node, child: Node) -> bool:
    return node.type.endswith("_declaration") and node.named_children[0] == child


def _locals(node: Node) -> frozenset[str]:
    """Variables of a loop; those of lambdas hold in all arguments of their call."""
    if node.type == "for_statement":
        first = node.named_children[0]
        return frozenset(map(text, first.named_children or [first]))
    lambdas = (one for one in every(node) if one.type == "lambda_expression")
    return frozenset(text(one) for found in lambdas for one in found.named_children[:-1])


def _module(source: Source, name: str, block: Node) -> Iterator[Finding]:
    path = source.path.parent / target(block)
    if not path.is_file():
        yield source.finding(block, f"{name}: there is no {target(block)}")
        return
    module = read(path)
    given = properties(properties(body(block)).get("params"))
    for parameter, value in given.items():
        if parameter not in module.parameters:
            yield source.finding(value, f"{name}: {path.name} has no parameter {parameter}")
    for parameter, node in module.parameters.items():
        if parameter not in given and b"=" not in _without_strings(node):
            yield source.finding(block, f"{name}: {path.name} wants the parameter {parameter}")


def _output(source: Source, node: Node) -> Iterator[Finding]:
    """`module.outputs.name`, also of one module in a loop."""
    owner, name = node.named_children[0], text(node.named_children[-1])
    if owner.type != "member_expression" or text(owner.named_children[-1]) != "outputs":
        return
    module = text(owner.named_children[0]).partition("[")[0]
    if module in source.modules:
        path: Path = source.path.parent / target(source.modules[module])
        if path.is_file() and name not in read(path).outputs:
            yield source.finding(node, f"{module} has no output {name}")


def _without_strings(node: Node) -> bytes:
    return b" ".join(
        child.text or b"" for child in node.children if literal(child) is None or child.type == "="
    )


def _above(node: Node) -> Iterator[Node]:
    while node.parent:
        node = node.parent
        yield node
