"""The row: which of the activities that were accepted in a conversation are unfinished.

Each has a number, the first free one when it was let in. What the row does not know of yet is
unfinished, so that letting one in writes its note and nothing else.
"""

from dataclasses import dataclass, field
from typing import Any, Self

MOST_OPEN = 200
"""Numbers before a finished one that may be unfinished; as many as a conversation lets wait."""


@dataclass(slots=True)
class Row:
    """`last` is the highest number that was finished; `open` those before it that are not.

    `newest` is when the newest of what was finished was written, by the channel's clock: a copy
    of it is no newer.
    """

    last: int = 0
    open: list[int] = field(default_factory=list)
    newest: float = 0.0

    @classmethod
    def from_dict(cls, raw: dict[str, Any] | None) -> Self:
        raw = raw or {}
        return cls(raw.get("last", 0), list(raw.get("open", ())), raw.get("newest", 0.0))

    def to_dict(self) -> dict[str, Any]:
        body = {"last": self.last, "open": self.open, "newest": self.newest}
        return {name: value for name, value in body.items() if value}

    def is_open(self, number: int) -> bool:
        """Tell whether the activity with this number is unfinished."""
        return number > self.last or number in self.open

    def finish(self, number: int, written: float = 0.0) -> None:
        """Note that one is finished, once however often this is said; 0 is one without a number."""
        self.newest = max(self.newest, written)
        if number > self.last:
            self.open += range(max(self.last + 1, number - MOST_OPEN), number)
            self.last = number
        elif number in self.open:
            self.open.remove(number)

    def open_again(self, number: int) -> None:
        """Note that a finished one is to be worked again."""
        if not self.is_open(number):
            self.open.append(number)

    def may_know(self, written: float) -> bool:
        """Tell whether what was written then, 0 for unknown, may be a copy of something finished.

        What is unfinished is not asked for: its number tells.
        """
        return not written or written <= self.newest
