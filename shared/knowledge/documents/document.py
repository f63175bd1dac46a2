"""A document as Markdown, and why one could not be read."""

from dataclasses import dataclass

from shared.ports.documents import Unreadable

MAX_BYTES = 50_000_000
MAX_CHARACTERS = 5_000_000
"""More than a book; what is longer is no article."""


__all__ = ["MAX_BYTES", "MAX_CHARACTERS", "Document", "Empty", "Locked", "TooLarge", "Unreadable"]


class TooLarge(Unreadable):
    """It is longer than what is read."""


class Locked(Unreadable):
    """It opens with a password only."""


class Empty(Unreadable):
    """It holds no text."""


@dataclass(frozen=True, slots=True)
class Document:
    """`title` is "" when the document does not tell; headings of `markdown` begin at `##`."""

    markdown: str
    title: str = ""
