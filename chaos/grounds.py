"""What a drill's processes stand on: the embedded store and bus, or others by their settings."""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

Outage = Callable[[float], Awaitable[None]]
"""Takes a service down, and brings it back after so many seconds."""

_ELSEWHERE = {"store": "FABRIC_STORE_URL", "bus": "FABRIC_BUS_URL"}
_WANTED = (*_ELSEWHERE.values(), "FABRIC_COSMOS_KEY")


@dataclass(frozen=True)
class Grounds:
    """`environ` is what the processes get beside the drill's own settings.

    `outages` says how a `store` or a `bus` that is not embedded is taken down; one that is not
    named there stays up.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    outages: Mapping[str, Outage] = field(default_factory=dict)

    @classmethod
    def configured(cls) -> Self:
        """The store and the bus that this process' environment names."""
        return cls({name: os.environ[name] for name in _WANTED if os.environ.get(name)})

    def embedded(self, name: str) -> bool:
        """Whether the `store` or the `bus` is the embedded one."""
        return not self.environ.get(_ELSEWHERE[name])
