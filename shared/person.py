"""Who somebody is, as Entra ID vouches for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from shared.activity import Activity


@dataclass(frozen=True, slots=True)
class Person:
    """`id` is the object id in the directory of `tenant`; `groups` are object ids too."""

    id: str
    tenant: str
    name: str = ""
    groups: frozenset[str] = frozenset()

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> Self:
        return cls(body["id"], body["tenant"], body["name"], frozenset(body["groups"]))

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "tenant": self.tenant,
            "name": self.name,
            "groups": sorted(self.groups),
        }


@dataclass(frozen=True, slots=True)
class Holder:
    """For whom the token service keeps a token: a channel's id of the person."""

    user: str
    channel: str

    @classmethod
    def of(cls, activity: Activity) -> Self:
        """Return who sent an activity."""
        return cls(str(activity.sender.get("id") or ""), activity.channel_id)

    @classmethod
    def from_dict(cls, body: Mapping[str, str]) -> Self:
        return cls(body["user"], body["channel"])

    def to_dict(self) -> dict[str, str]:
        return {"user": self.user, "channel": self.channel}
