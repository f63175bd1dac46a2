"""A receipt: what a channel said of a message that went out."""

from dataclasses import dataclass, replace
from typing import Any, Self

from shared.event import event_id
from shared.ports.store import Create, Item, Put
from shared.records.conversation import REMEMBERED

_RANK = {"sent": 1, "delivered": 2, "read": 3, "played": 4, "failed": 5}


def sent_id(message_id: str) -> str:
    """Return the id of the record of an outbound message, from the channel's id for it."""
    return f"sent:{event_id(message_id)}"


def later(old: str, new: str) -> bool:
    """Tell whether `new` moves a message on: sent < delivered < read < played, failed is final."""
    return _RANK.get(new, 0) > _RANK.get(old, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One outbound message. `effect` said it; "" for a receipt that came before its record.

    `billed` is when the channel first said what it bills for it, in Unix time; `held` is what its
    limits hold for it until then, in millionths of a dollar.
    """

    id: str
    channel: str
    status: str = ""
    effect: str = ""
    error: str | None = None
    time: str | None = None
    billed: float = 0.0
    held: int = 0
    etag: str = ""

    @classmethod
    def from_item(cls, item: Item) -> Self:
        body = item.body
        return cls(
            id=item.id,
            channel=body["channel"],
            status=body["status"],
            effect=body.get("effect", ""),
            error=body.get("error"),
            time=body.get("time"),
            billed=body.get("billed", 0.0),
            held=body.get("held", 0),
            etag=item.etag,
        )

    def moved_on(self, status: str, error: str, time: str) -> Self:
        """Return it as the channel says it is now."""
        return replace(self, status=status, error=error, time=time)

    def to_op(self) -> Create | Put:
        """The write that stores it: guarded by the etag it was read with."""
        if self.etag:
            return Put(self.id, self._body(), etag=self.etag, ttl=REMEMBERED)
        return Create(self.id, self._body(), ttl=REMEMBERED)

    def _body(self) -> dict[str, Any]:
        said = {"effect": self.effect} if self.effect else {}
        told = {} if self.time is None else {"error": self.error, "time": self.time}
        billed = {"billed": self.billed} if self.billed else {}
        held = {"held": self.held} if self.held else {}
        return {**said, "channel": self.channel, "status": self.status, **told, **billed, **held}
