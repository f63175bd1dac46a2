"""A file of a conversation: an item beside its transcript, and a blob with the bytes.

The item is written before the blob and leaves after it, so that no bytes are without one.
"""

from dataclasses import dataclass, replace
from typing import Self

from shared.ports.store import Create, Item, Put

PREFIX = "file:"

UNCOMMITTED_SECONDS = 86_400.0
"""Life of a file whose turn never committed."""

_DAY_SECONDS = 86_400.0
_SWEPT_SECONDS = 7 * 86_400
"""After its time an item lives on for so long: until a sweep has removed the blob."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """`due` is the Unix time when it goes, None for one that is held; `person` marks whose it is.

    `name` and `content_type` are what the sender claims.
    """

    id: str
    name: str
    content_type: str
    size: int
    at: float
    person: str = ""
    alt: str = ""
    sent_by: str = "bot"
    due: float | None = None
    etag: str = ""

    @property
    def blob(self) -> str:
        return f"file-{self.id}"

    @classmethod
    def of(cls, item: Item) -> Self:
        body = {name: value for name, value in item.body.items() if name != "blob"}
        return cls(id=item.id.removeprefix(PREFIX), due=item.due, etag=item.etag, **body)

    def lasting(self, days: int) -> Self:
        """Return it with its end, so many days from when it was sent."""
        return replace(self, due=self.at + days * _DAY_SECONDS)

    def create(self) -> Create:
        """As it is noted before its blob is put; without a `due` a turn has still to commit it."""
        due = self.at + UNCOMMITTED_SECONDS if self.due is None else self.due
        return Create(f"{PREFIX}{self.id}", self._body(), due=due, ttl=self._ttl(due))

    def put(self) -> Put:
        due = self.due if self.due is not None else self.at
        return Put(f"{PREFIX}{self.id}", self._body(), due=self.due, ttl=self._ttl(due))

    def _ttl(self, due: float) -> int:
        return max(0, int(due - self.at)) + _SWEPT_SECONDS

    def _body(self) -> dict[str, object]:
        names = ("name", "content_type", "size", "at", "person", "alt", "sent_by")
        return {"blob": self.blob, **{name: getattr(self, name) for name in names}}
