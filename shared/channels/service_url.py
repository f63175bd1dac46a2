"""Which addresses a Teams bot may answer to: an exact allow-list, checked on every send.

Hosts: microsoft/teams.py, presets of each cloud (GCC is in the public one). Wildcards of
`trafficmanager.net` or `azurewebsites.net` would let in names that anybody can register.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from shared.web_address import LOOPBACK

HOSTS: Mapping[str, frozenset[str]] = {
    "public": frozenset(
        {
            "smba.trafficmanager.net",
            "smba.onyx.prod.teams.trafficmanager.net",
            "smba.infra.gcc.teams.microsoft.com",
        }
    ),
    "gcc-high": frozenset({"smba.infra.gov.teams.microsoft.us"}),
    "dod": frozenset({"smba.infra.dod.teams.microsoft.us"}),
}
"""By the `cloud` of a bot."""

_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<netloc>(?P<host>[a-z0-9.-]+|\[::1\])(?::(?P<port>[0-9]{1,5}))?)"
    r"(?P<path>(?:/[a-z0-9._~-]*)*)",
    re.IGNORECASE | re.ASCII,
)
_MAX_LENGTH = 1024

ADDRESSES_KNOWN = 256
"""Addresses whose verdict is remembered: each message brings one, of a few that there are."""


@lru_cache(ADDRESSES_KNOWN)
def same_url(url: str) -> str:
    """Return `url` as all that name the same place are written (RFC 3986 6.2).

    Scheme and host in lower case, no port of https, no slash at the end; a path has its case.
    """
    match = _URL.fullmatch(url) if len(url) <= _MAX_LENGTH else None
    if match is None:
        return url.removesuffix("/")
    scheme, netloc = match["scheme"].lower(), match["netloc"].lower()
    if scheme == "https":
        netloc = netloc.removesuffix(":443")
    return f"{scheme}://{netloc}{match['path']}".removesuffix("/")


@lru_cache(ADDRESSES_KNOWN)
def allowed(
    url: str,
    *,
    cloud: str = "public",
    extra: frozenset[str] = frozenset(),
    loopback: bool = False,
) -> bool:
    """Whether `url` is the https address of a known connector, without query or userinfo.

    `extra` adds `host:port` pairs, reachable by plain http when on loopback; `loopback` any
    port of this machine. Both are for the local environment only.
    """
    match = _URL.fullmatch(url) if len(url) <= _MAX_LENGTH else None
    if match is None or {".", ".."} & set(match["path"].split("/")):
        return False
    if match["port"] and int(match["port"]) > 65535:
        return False
    https, host = match["scheme"].lower() == "https", match["host"].lower()
    if https and host in HOSTS[cloud] and match["port"] in (None, "443"):
        return True
    here = host.strip("[]") in LOOPBACK
    return (loopback and here) or ((https or here) and match["netloc"].lower() in extra)
