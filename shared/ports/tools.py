"""Tools of other systems, as a turn and a model see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WRITES, SCHEMA, RISKY = "fabric_writes", "fabric_schema", "fabric_risky"
"""Attributes of a function that is a tool: that it changes something; the JSON Schema of its
arguments where somebody else wrote that; that a second person has to approve each call."""

TOOLS = "/"
"""The path of a `Call` for the list of tools; a tool is called at `/<name>`."""


@dataclass(frozen=True, slots=True)
class RemoteTool:
    """What a server says of a tool, and whether our file counts it among those that write, and
    those of which a second person has to approve each call of a model."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(repr=False)
    writes: bool = False
    risky: bool = False
