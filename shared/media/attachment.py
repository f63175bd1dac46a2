"""What came with a message, the same for every channel."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.activity import Activity
from shared.text.clean import one_line

TEAMS_FILE = "application/vnd.microsoft.teams.file.download.info"
"""A file in Teams: `content` has its address, which lives for some minutes."""

_NO_FILE = re.compile(r"application/vnd\.(microsoft\.card\..*|whatsapp\.[a-z]+\+json)", re.I)
_INLINE = re.compile(r"data:[^,]{0,200};base64,", re.I)
_LONGEST_NAME, _LONGEST_TYPE = 200, 100


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a person sent. `name` and `content_type` are what the sender claims.

    `content` are its bytes where the message carries them, else `url` says where they are; it
    may open the file to whoever has it, so it belongs in no log. `size` in bytes, where known.
    """

    name: str
    content_type: str
    url: str = field(default="", repr=False)
    content: bytes | None = field(default=None, repr=False)
    size: int | None = None

    @property
    def is_recording(self) -> bool:
        """Whether its sender calls it sound."""
        return self.content_type.startswith("audio/")


def attachments_of(activity: Activity) -> tuple[Attachment, ...]:
    """The files of a message; cards, places and contacts are none."""
    return tuple(_files(activity))


def _files(activity: Activity) -> Iterator[Attachment]:
    sizes = activity.channel_data.get("attachmentSizes")
    sizes = sizes if isinstance(sizes, list) else []
    for number, raw in enumerate(activity.attachments):
        if not _NO_FILE.fullmatch(_text(raw.get("contentType"))):
            yield _attachment(raw, sizes[number] if number < len(sizes) else None)


def _attachment(raw: dict[str, Any], size: Any) -> Attachment:
    kind, url = _text(raw.get("contentType")), _text(raw.get("contentUrl"))
    about = raw.get("content")
    about = about if isinstance(about, dict) else {}
    name = one_line(_text(raw.get("name")), _LONGEST_NAME)
    if kind == TEAMS_FILE:
        kind, url = _guessed(name), _text(about.get("downloadUrl"))
    content = _inline(url)
    if content is not None:
        url, size = "", len(content)
    known = isinstance(size, int) and not isinstance(size, bool) and size >= 0
    kind = one_line(kind, _LONGEST_TYPE).lower() or "application/octet-stream"
    return Attachment(name, kind, url, content, size if known else None)


def _inline(url: str) -> bytes | None:
    head = _INLINE.match(url)
    if head is None:
        return None
    try:
        return base64.b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _guessed(name: str) -> str:
    from mimetypes import guess_type

    return guess_type(name)[0] or ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
