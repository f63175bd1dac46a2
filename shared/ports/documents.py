"""Where documents come from: a folder, a container, a website, a library."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class Unreadable(Exception):
    """A document cannot be read; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as its source lists it.

    `name` is its path there, with the ending that tells its kind, and `handle` what the source
    finds it by. `version` differs once the content does; "" where only asking tells. `readers`
    are those whom the source itself lets read, None where it does not say. `left_out` says why
    the source does not give the document, "" when it does.
    """

    name: str
    handle: str = ""
    version: str = ""
    url: str = ""
    readers: Sequence[str] | None = None
    size: int = 0
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a document, and the version by which the source is asked for newer ones."""

    body: bytes
    version: str = ""


class Source(Protocol):
    """Documents of one place. Entered while it is read from."""

    def listed(self) -> AsyncIterator[Listed]:
        """List every document there is now.

        Raises Unavailable when that cannot be told: then none of them counts as gone.
        """
        ...

    async def content(self, listed: Listed, kept: str = "") -> Content | None:
        """Read a document; None when it is still what it was at the version `kept`.

        Raises Unreadable when it cannot be had, Unavailable when it may be later.
        """
        ...

    async def close(self) -> None: ...
