"""What of a model's answer a person may see: no images, no foreign links, not its instructions.

Whoever gets words into an article or a question may have the model say them. A link or an image
then carries data away or a person to another page, and clients show both without being asked.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

LEAKED_CHARACTERS = 40
"""As many characters of the instructions in a row are no coincidence."""

_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)|!\[([^\]]*)\]\[[^\]]*\]|<img\b[^>]*>", re.IGNORECASE)
_LINK = re.compile(r"\[([^\]]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)")
_DEFINITION = re.compile(r"^[ \t]*\[[^\]]+\]:[ \t]*\S+.*$", re.MULTILINE)
_TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|mailto:|javascript:|data:)[^\s<>()\[\]]+", re.I)
_TRAILING = ".,;:!?\"'*_"


def spoken(text: str, sources: Iterable[str], hosts: Sequence[str] | None = None) -> str:
    """Return the text without images, HTML, and links that no source has; their words stay.

    With `hosts` a link has to lead to one of them as well.
    """
    known = {_bare(url) for source in sources for url in _URL.findall(source)}
    return _linked(
        text, lambda url: _bare(url) in known and (hosts is None or leads_to(url, hosts))
    )


def within(text: str, hosts: Sequence[str]) -> str:
    """Return the text without images, HTML, and links to other hosts; their words stay."""
    return _linked(text, lambda url: leads_to(url, hosts))


def leads_to(url: str, hosts: Sequence[str]) -> bool:
    """Whether an https or mail link leads to one of the hosts or what is below it."""
    try:
        parts = urlsplit(url if "//" in url or ":" in url else f"https://{url}")
        host = parts.path.rpartition("@")[2] if parts.scheme == "mailto" else parts.hostname
    except ValueError:
        return False
    if parts.scheme not in ("https", "http", "mailto") or not host:
        return False
    name = host.casefold().rstrip(".")
    return any(name == allowed or name.endswith(f".{allowed}") for allowed in hosts)


def _linked(text: str, is_allowed: Callable[[str], bool]) -> str:
    text = _IMAGE.sub(lambda match: match[1] or match[2] or "", text)
    text = _DEFINITION.sub("", text)
    text = _TAG.sub("", text)
    text = _LINK.sub(lambda match: match[0] if is_allowed(match[2]) else match[1], text)
    return _URL.sub(lambda match: match[0] if is_allowed(match[0]) else "", text)


def leaks(text: str, instructions: str, sources: Iterable[str]) -> bool:
    """Whether the text repeats the instructions where no source says the same."""
    said, told = _plain(text), _plain(instructions)
    known = _plain("\n".join(sources))
    pieces = (
        told[start : start + LEAKED_CHARACTERS]
        for start in range(len(told) - LEAKED_CHARACTERS + 1)
    )
    return any(piece in said and piece not in known for piece in pieces)


def _bare(url: str) -> str:
    return url.rstrip(_TRAILING).rstrip("/").casefold()


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
