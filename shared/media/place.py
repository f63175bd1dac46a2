"""Where the bytes of an attachment may be fetched, and which addresses are nobody's business."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NoReturn

from shared.media.attachment import Attachment
from shared.media.unread import Reason, Unread
from shared.web_address import LOOPBACK

_NOT_PUBLIC_IPV4 = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))
"""Azure's host agent, which answers every machine there with what is its own; and protocol
assignments, some of which some versions of Python call public."""

_PUBLIC_IPV6 = IPv6Network("2000::/3")
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
"""Addresses that carry an IPv4 address of the sender's choice: 6to4 and Teredo."""

_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*|\[::1\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?][!$-;=?-\[\]_a-z~]*)?",
    re.IGNORECASE | re.ASCII,
)
_MAX_LENGTH = 8_192


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is, and what holds there.

    `hosts` are exact names, or with a dot in front all names below. `headers` go to the origin
    of `url` alone. `loopback` also allows this machine by plain http: in the local environment.
    """

    url: str = field(repr=False)
    hosts: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    redirects: int = 0
    loopback: bool = False


Locate = Callable[[Attachment], Awaitable[bytes | None]]
"""Gets an attachment; None where the channel has no place to fetch from."""


def check(url: str, place: Place) -> None:
    """Raises Unread when `url`, which may have been redirected to, is not allowed at `place`."""
    match = _URL.fullmatch(url) if len(url) <= _MAX_LENGTH else None
    if match is None:
        _forbidden("an address that is written in no allowed way")
    host, secure = match["host"].lower(), match["scheme"].lower() == "https"
    if place.loopback and is_here(host):
        return
    if not secure or match["port"] not in (None, "443"):
        _forbidden("neither https nor its port")
    below = any(host.endswith(name) for name in place.hosts if name.startswith("."))
    if host not in place.hosts and not below:
        _forbidden("a host that is not on the channel's list")


def is_here(host: str) -> bool:
    return host.strip("[]") in LOOPBACK


def is_public(address: str) -> bool:
    """Whether a machine at `address` belongs to the internet and not to somebody's network."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    if isinstance(known, IPv6Address):
        if known not in _PUBLIC_IPV6 or any(known in tunnel for tunnel in _TUNNELS):
            return False
    elif any(known in network for network in _NOT_PUBLIC_IPV4):
        return False
    return known.is_global and not known.is_multicast


def _forbidden(what: str) -> NoReturn:
    raise Unread(Reason.GONE, f"refused {what}")
