"""From which network a request comes, as the front end that this app stands behind names it."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network

IPV6_PREFIX = 64
"""Bits of an IPv6 address that one subscriber cannot change at will."""


def network_of(headers: Mapping[str, str], *, proxies: int = 1) -> str:
    """Return the IPv4 address or the IPv6 /64 of the client, "" when no front end names one.

    `proxies` is how many front ends of ours append to `x-forwarded-for`: what stands before
    their entries is what the client says.
    """
    named = [entry.strip() for entry in headers.get("x-forwarded-for", "").split(",")]
    if len(named) < proxies or not (entry := named[-proxies]):
        return ""
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        address = ip_address(entry.partition("%")[0])
    except ValueError:
        return entry[:64]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)
