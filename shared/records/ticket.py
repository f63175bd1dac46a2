"""A ticket: what a person asked for, and how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

OPEN, RESOLVED, CANCELLED = "open", "resolved", "cancelled"
STATES = (OPEN, RESOLVED, CANCELLED)

TICKETS = "tickets"
"""Name of the backend that keeps them."""

TICKETS_PREFIX = "tickets:"
"""Begins the name of the partition of a person's tickets."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """`person` is who it belongs to, on one channel and in one tenant; `mark` is by what all
    that is kept of them is found. `notes` are what they added, `filed` when it was made, in Unix
    time."""

    id: str
    person: str
    bot: str
    summary: str
    status: str = OPEN
    category: str = ""
    urgency: str = ""
    notes: list[str] = field(default_factory=list)
    filed: float = 0.0
    mark: str = ""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Read what a backend answers; what it has beside is left out."""
        return cls(**{name: body[name] for name in cls.__slots__ if name in body})

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def is_open(self) -> bool:
        return self.status == OPEN
