"""Which web pages may talk to which bot: the Origin header (RFC 6454) against allow-lists."""

import re
from collections.abc import Iterable, Mapping

from shared.web_address import LOOPBACK

_ORIGIN = re.compile(
    r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?", re.ASCII | re.IGNORECASE
)
_PORTS = {"http": "80", "https": "443"}


def canonical(origin: str) -> str:
    """`scheme://host:port` in lower case with the port written out; "" for anything else."""
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        return ""
    scheme, host = match[1].lower(), match[2].lower()
    return f"{scheme}://{host}:{match[3] or _PORTS[scheme]}"


def listed(origin: str, allowed: Iterable[str]) -> bool:
    """Whether scheme, host and port all match one of `allowed`."""
    return bool(canonical(origin)) and canonical(origin) in {canonical(item) for item in allowed}


def own_page(headers: Mapping[str, str]) -> bool:
    """Whether a page that this very host served on loopback is asking, on whatever port."""
    origin = canonical(headers.get("origin", ""))
    scheme, _, authority = origin.partition("://")
    host = authority.rpartition(":")[0].strip("[]")
    return host in LOOPBACK and origin == canonical(f"{scheme}://{headers.get('host', '')}")


def cors(origin: str) -> dict[str, str]:
    """The response headers that let a page of `origin` read the answer.

    Clients ask for a session id with their cookies along (directlinejs), though none are read.
    """
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": (
            "authorization, content-type, x-ms-bot-agent, x-requested-with"
        ),
        "Access-Control-Max-Age": "3600",
    }
