"""A file that a bot sends along with what it says."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from mimetypes import guess_type
from typing import Any, Self

from shared.activity import FILE_SCHEME, Activity
from shared.event import event_id
from shared.text.clean import one_line

MAX_FILES = 10
MAX_BYTES = 20_000_000
"""Of one file: what a process holds in memory, and a channel takes within one send."""

SHOWN_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif"})
_LONGEST_NAME, _LONGEST_ALT = 120, 1_000
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80}")


@dataclass(frozen=True, slots=True)
class File:
    """`File("menu.pdf", content, alt="The menu of this week")`.

    `content_type` follows from the name where it is not given. `alt` says what is to be seen or
    heard, for who cannot; WhatsApp shows it as the caption.
    """

    name: str
    content: bytes = field(repr=False)
    content_type: str = ""
    alt: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for one that no channel could take."""
        if not self.content or len(self.content) > MAX_BYTES:
            raise ValueError(f"a file has 1 to {MAX_BYTES:,} bytes; send a link to a larger one")
        if not one_line(self.name, _LONGEST_NAME).strip(". "):
            raise ValueError('a file needs a name with its ending: File("menu.pdf", content)')


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as an activity names it: without its bytes."""

    id: str
    name: str
    content_type: str
    size: int
    alt: str = ""

    @classmethod
    def of(cls, file: File, work: str, number: int) -> Self:
        """Its id is the same each time the turn runs, and another one for other bytes."""
        name = one_line(file.name.replace("/", "_").replace("\\", "_"), _LONGEST_NAME)
        kind = (file.content_type or guess_type(name)[0] or "").partition(";")[0].strip().lower()
        digest = sha256(file.content).hexdigest()
        return cls(
            event_id(work, "file", str(number), digest),
            name,
            kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream",
            len(file.content),
            one_line(file.alt, _LONGEST_ALT),
        )

    @classmethod
    def read(cls, attachment: dict[str, Any]) -> Self | None:
        """What an attachment names; None for any other."""
        url = attachment.get("contentUrl")
        if not isinstance(url, str) or not url.startswith(FILE_SCHEME):
            return None
        size = attachment.get("size")
        return cls(
            url.removeprefix(FILE_SCHEME),
            str(attachment.get("name") or "file"),
            str(attachment.get("contentType") or "application/octet-stream"),
            size if isinstance(size, int) else 0,
            str(attachment.get("altText") or ""),
        )

    @property
    def is_image(self) -> bool:
        """Whether channels show it in the conversation."""
        return self.content_type in SHOWN_IMAGES

    @property
    def title(self) -> str:
        return self.alt or self.name

    def to_attachment(self, url: str = "") -> dict[str, Any]:
        """As an activity carries it; with the `url` at which a client finds it."""
        attachment: dict[str, Any] = {
            "contentType": self.content_type,
            "name": self.name,
            "contentUrl": url or f"{FILE_SCHEME}{self.id}",
        }
        if self.alt:
            attachment["altText"] = self.alt
        attachment["size"] = self.size
        return attachment


def attached_to(activity: Activity) -> Iterator[Attached]:
    """The files of ours that an activity names."""
    for attachment in activity.attachments:
        if (file := Attached.read(attachment)) is not None:
            yield file


def check_number(files: Sequence[File]) -> None:
    if len(files) > MAX_FILES:
        raise ValueError(f"a reply carries at most {MAX_FILES} files; send a link to the others")
