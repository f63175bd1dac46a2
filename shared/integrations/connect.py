"""The systems that are declared, connected."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from shared.integrations.access import Access
from shared.integrations.gateway import Gateway
from shared.integrations.http_backend import HttpBackend
from shared.integrations.ticket_table import TicketTable
from shared.manifest.backends import Declaration
from shared.ports.backend import Backend
from shared.ports.store import Store
from shared.records.ticket import TICKETS

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def connect(
    declared: Mapping[str, Declaration],
    identity: "Callable[[], AsyncTokenCredential]",
    gateway: Gateway | None,
    store: Callable[[], Store],
) -> Mapping[str, Backend]:
    """Each by its name, and the platform's own tickets; what tools need is loaded for tools."""
    backends: dict[str, Backend] = {TICKETS: TicketTable(TICKETS, store)}
    for name, one in declared.items():
        if one.kind == "http" and one.gateway and gateway:
            url = gateway.backend_url(name)
            backends[name] = HttpBackend(name, one, gateway, url=url, tries=1)
        elif one.kind == "http":
            backends[name] = HttpBackend(name, one, Access(one, identity))
    if servers := {name: one for name, one in declared.items() if one.kind == "mcp"}:
        backends |= _tool_servers(servers, identity, store)
    return backends


def _tool_servers(
    declared: Mapping[str, Declaration],
    identity: "Callable[[], AsyncTokenCredential]",
    store: Callable[[], Store],
) -> Mapping[str, Backend]:
    from shared.integrations.mcp_backend import McpBackend
    from shared.integrations.mcp_pins import Pins

    pins = Pins(store)
    return {
        name: McpBackend(name, one, Access(one, identity), pins) for name, one in declared.items()
    }
