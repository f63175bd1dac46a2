"""What tools of other servers were when they were first seen: a change waits for a person's word.

A server can say anything about its tools, and a model believes it; so name, description and
schema of each tool are held to the digest that was seen first, or accepted since.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from shared.errors import Conflict
from shared.ports.store import FOR_EVER, Create, Put, Store
from shared.ports.tools import RemoteTool

PARTITION, PREFIX = "mcp", "pin:"


def digest(tool: RemoteTool) -> str:
    said = json.dumps([tool.name, tool.description, tool.schema], sort_keys=True)
    return sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Pin:
    """The digests that hold for a server's tools, and those of tools that have changed since."""

    held: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""


class Pins:
    """The pins of all servers, in the store."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store

    async def of(self, backend: str) -> Pin:
        item = await self._store().get(PARTITION, f"{PREFIX}{backend}")
        if item is None:
            return Pin()
        return Pin(item.body["held"], item.body["changed"], item.etag)

    async def changed(self, backend: str, tools: list[RemoteTool]) -> frozenset[str]:
        """Pin what is new, note what has changed; return the names of the latter."""
        seen = {tool.name: digest(tool) for tool in tools}
        while True:
            pin = await self.of(backend)
            held = {**seen, **pin.held}
            changed = {name: seen[name] for name in seen if held[name] != seen[name]}
            if (held, changed) == (dict(pin.held), dict(pin.changed)):
                return frozenset(changed)
            if await self._wrote(backend, Pin(held, changed, pin.etag)):
                return frozenset(changed)

    async def accept(self, backend: str) -> list[str]:
        """Hold the tools to what they are now; return the names of those that had changed."""
        while True:
            pin = await self.of(backend)
            if await self._wrote(backend, Pin({**pin.held, **pin.changed}, {}, pin.etag)):
                return sorted(pin.changed)

    async def _wrote(self, backend: str, pin: Pin) -> bool:
        id, body = f"{PREFIX}{backend}", {"held": pin.held, "changed": pin.changed}
        op = (
            Put(f"pin:{backend}", body, etag=pin.etag, ttl=FOR_EVER)
            if pin.etag
            else Create(id, body, ttl=FOR_EVER)
        )
        try:
            await self._store().write(PARTITION, op)
        except Conflict:
            return False
        return True
