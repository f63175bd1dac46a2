"""What of a model's answer a person may see: no images, no foreign links, not its instructions.

Whoever gets words into an article or a question may have the model say them. A link or an image
then carries data away or a person to another page, and clients show both without being asked.
"""

import re
from collections.abc import Iterable

LEAKED_CHARACTERS = 40
"""As many characters of the instructions in a row are no coincidence."""

_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)|!\[([^\]]*)\]\[[^\]]*\]|<img\b[^>]*>", re.IGNORECASE)
_LINK = re.compile(r"\[([^\]]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)")
_DEFINITION = re.compile(r"^[ \t]*\[[^\]]+\]:[ \t]*\S+.*$", re.MULTILINE)
_TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|mailto:|javascript:|data:)[^\s<>()\[\]]+", re.I)
_TRAILING = ".,;:!?\"'*_"


def spoken(text: str, sources: Iterable[str]) -> str:
    """Return the text without images, HTML, and links that no source has; their words stay."""
    allowed = {_bare(url) for source in sources for url in _URL.findall(source)}

    def link(match: re.Match[str]) -> str:
        return match[0] if _bare(match[2]) in allowed else match[1]

    def url(match: re.Match[str]) -> str:
        return match[0] if _bare(match[0]) in allowed else ""

    text = _IMAGE.sub(lambda match: match[1] or match[2] or "", text)
    text = _DEFINITION.sub("", text)
    text = _TAG.sub("", text)
    return _URL.sub(url, _LINK.sub(link, text))


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
