"""Who makes a bot work, as far as its pace and its limits are concerned."""

from dataclasses import dataclass
from typing import Self

from shared.ports.channel import Inbound

ANONYMOUS_CHANNELS = frozenset({"web"})
"""Channels that vouch for nobody: whoever opens a page may write, under any name."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person, the network they come from where that is known, and whether nobody knows them."""

    person: str
    network: str = ""
    anonymous: bool = False

    @classmethod
    def of(cls, inbound: Inbound) -> Self:
        """Return who sent this. On the web it is the conversation: a name there costs nothing."""
        reference = inbound.reference
        anonymous = reference.channel in ANONYMOUS_CHANNELS
        person = "" if anonymous else reference.user
        return cls(
            f"{reference.channel}\n{person or reference.conversation}", inbound.network, anonymous
        )
