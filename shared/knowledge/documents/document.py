"""A document as Markdown, and why one could not be read."""

from dataclasses import dataclass

MAX_BYTES = 50_000_000
MAX_CHARACTERS = 5_000_000
"""More than a book; what is longer is no article."""


class Unreadable(Exception):
    """A document cannot be read; the text says why and what to do."""


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
