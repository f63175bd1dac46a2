"""The tools of MCP servers: which are held to what they were, and which have changed since."""

from collections.abc import Mapping

from shared.fabric import Fabric
from shared.integrations.mcp_pins import PARTITION, PREFIX
from shared.ports.store import every


async def tools(fabric: Fabric) -> Mapping[str, Mapping[str, str]]:
    """`pinned` or `changed`, by backend and tool."""
    return {
        item.id.removeprefix(PREFIX): {
            name: "changed" if name in item.body["changed"] else "pinned"
            for name in sorted(item.body["held"])
        }
        async for item in every(fabric.store, PREFIX, PARTITION)
    }
