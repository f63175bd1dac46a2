"""A Bicep file, parsed: what it declares, and where."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

BLOCKS = ("resource_declaration", "module_declaration")
DECLARATIONS = (*BLOCKS, "parameter_declaration", "variable_declaration", "output_declaration")


@dataclass(frozen=True, slots=True)
class Finding:
    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


@dataclass(frozen=True)
class Source:
    """`declared`: name -> node of its declaration; `broken`: what does not parse."""

    path: Path
    root: Node
    declared: dict[str, Node] = field(default_factory=dict)
    outputs: dict[str, Node] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Node]:
        return {k: n for k, n in self.declared.items() if n.type == "parameter_declaration"}

    @property
    def modules(self) -> dict[str, Node]:
        return {k: n for k, n in self.declared.items() if n.type == "module_declaration"}

    @property
    def resources(self) -> dict[str, Node]:
        return {k: n for k, n in self.declared.items() if n.type == "resource_declaration"}

    def finding(self, node: Node, sentence: str) -> Finding:
        return Finding(self.path.name, node.start_point[0] + 1, sentence)


def read(path: Path) -> Source:
    source = Source(path, _parser().parse(path.read_bytes()).root_node)
    for node in source.root.named_children:
        if node.type in DECLARATIONS:
            kind = source.outputs if node.type == "output_declaration" else source.declared
            kind[text(node.named_children[0])] = node
    return source


def text(node: Node | None) -> str:
    return node.text.decode() if node and node.text else ""


def literal(node: Node | None) -> str | None:
    """The content of a string without interpolation; None for anything else."""
    if node is None or node.type != "string":
        return None
    if any(child.type == "interpolation" for child in node.named_children):
        return None
    return "".join(text(child) for child in node.named_children)


def target(block: Node) -> str:
    """`Type@version` of a resource, the path of a module."""
    return literal(next(child for child in block.named_children if child.type == "string")) or ""


def is_existing(block: Node) -> bool:
    return any(child.type == "existing" or text(child) == "existing" for child in block.children)


def body(block: Node) -> Node | None:
    """The object that is assigned, inside of `if` and `for` too."""
    for child in block.named_children:
        if child.type == "object":
            return child
        if child.type in ("if_statement", "for_statement"):
            return body(child)
    return None


def properties(node: Node | None) -> dict[str, Node]:
    """The keys of an object and their values; an interpolated key is left out."""
    found = {}
    for child in node.named_children if node and node.type == "object" else ():
        if child.type == "object_property" and len(child.named_children) > 1:
            key = child.named_children[0]
            name = literal(key) if key.type == "string" else text(key)
            if name is not None:
                found[name] = child.named_children[-1]
    return found


def every(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in node.children:
        yield from every(child)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bicep.language()))
