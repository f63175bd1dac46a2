"""What a stand-in may have to know of the app, and of those that were started before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from stand_ins.server import Settings


@dataclass(frozen=True)
class Queue:
    """A queue that the app is triggered by."""

    name: str
    sessions: bool = True


@dataclass(frozen=True)
class Surroundings:
    """The queues of the app, and the settings so far."""

    queues: Sequence[Queue] = ()
    settings: Settings = field(default_factory=dict)
