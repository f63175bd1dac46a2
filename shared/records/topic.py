"""What a conversation is about, as far as the next message may need it."""

from dataclasses import asdict, dataclass
from typing import Any, Self

KEPT_SECONDS = 20 * 60.0
"""After this silence a message stands for itself again."""


@dataclass(frozen=True, slots=True)
class Topic:
    """The last question that was answered, the article it was answered from, and when.

    `earlier` are questions of the same conversation before it, in short, the oldest first.
    """

    question: str
    article: str
    at: float
    earlier: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, body: dict[str, Any] | None) -> Self | None:
        return cls(**{**body, "earlier": tuple(body.get("earlier", ()))}) if body else None

    def to_dict(self) -> dict[str, Any]:
        body = asdict(self)
        return {**body, "earlier": list(self.earlier)}

    def is_over(self, now: float) -> bool:
        return now - self.at > KEPT_SECONDS
