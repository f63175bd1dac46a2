"""A person who waits for a person: what they asked for, since when, and what was said meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from shared.ports.store import Put

DOCUMENT = "waiting"
"""Its id in the partition of its conversation; its `due` is when the bot comes back by itself."""

KEPT_SECONDS = 30 * 86_400
"""A request that nobody saw to is forgotten after so long."""

MAX_SAID, MAX_CHARACTERS = 20, 500
"""Of what was said meanwhile: the newest messages, and of each so much."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """`id` is the number of the request, `skill` the one that made it, `person` the mark of who
    asked; times are Unix times.

    `said` holds `{"at", "by", "text"}`, `by` being `person` or `colleague`.
    """

    id: str
    bot: str
    skill: str
    reason: str
    since: float
    return_at: float
    person: str = ""
    said: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        return cls(**{name: body[name] for name in cls.__slots__ if name in body})

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def heard(self, by: str, text: str, at: float) -> Self:
        """The same with one message more."""
        said = {"at": at, "by": by, "text": text[:MAX_CHARACTERS]}
        return replace(self, said=[*self.said, said][-MAX_SAID:])

    def until(self, return_at: float) -> Self:
        return replace(self, return_at=return_at)

    @property
    def is_answered(self) -> bool:
        return any(one["by"] == "colleague" for one in self.said)

    def to_op(self) -> Put:
        return Put(DOCUMENT, self.to_dict(), due=self.return_at, ttl=KEPT_SECONDS)
