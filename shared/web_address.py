"""Addresses on the web, and which of them may be talked to."""

from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def secure(url: str, *, local: bool) -> bool:
    """Whether an URL is https, or plain http on loopback in the local environment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (
        local and parts.scheme == "http" and parts.hostname in LOOPBACK
    )
