"""The text in pictures of text: scans, photos."""

from dataclasses import dataclass
from typing import Protocol

from shared.errors import PermanentError


class NoScan(PermanentError):
    """The service does not take this file, now or later."""

    def __init__(self, detail: str) -> None:
        super().__init__("scan_refused", detail)


@dataclass(frozen=True, slots=True)
class Scan:
    """The text of a scan, "" when none is seen; `pages` is what the service bills."""

    text: str
    pages: int


class Scans(Protocol):
    """Reads scanned PDF files and pictures."""

    async def read(self, content: bytes, pages: int) -> Scan:
        """The text of a file that has so many pages.

        Raises NoScan for one that it does not take, Unavailable when the service is throttled,
        down, or set up wrongly.
        """
        ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...
