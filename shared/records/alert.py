"""An alert: an alarm that lasts, and whether it was told."""

from dataclasses import dataclass, replace
from typing import Any, Self

from shared.event import event_id
from shared.ports.store import Create, Delete, Item, Put

ALERTS = "alerts"
"""Their partition."""

PREFIX = "alert:"

KEPT_SECONDS = 400 * 86_400


def alert_id(rule: str, subject: str) -> str:
    return f"{PREFIX}{event_id(rule, subject)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Times in Unix time. `told` is whether the fact that it began has gone out; `calm_since` is
    since when its rule finds nothing, 0.0 while it does.
    """

    rule: str
    subject: str
    detail: str
    since: float
    bot: str = ""
    owner: str = ""
    told: bool = False
    calm_since: float = 0.0
    etag: str = ""

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(**item.body, etag=item.etag)

    @property
    def id(self) -> str:
        return alert_id(self.rule, self.subject)

    def was_told(self) -> Self:
        return replace(self, told=True)

    def seen_again(self, detail: str) -> Self:
        return replace(self, detail=detail, calm_since=0.0)

    def calm(self, now: float) -> Self:
        return replace(self, calm_since=self.calm_since or now)

    def to_op(self) -> Create | Put:
        """The write that keeps it, guarded by the etag it was read with."""
        names = [name for name in type(self).__slots__ if name != "etag"]
        body: dict[str, Any] = {name: getattr(self, name) for name in names}
        if not self.etag:
            return Create(self.id, body, ttl=KEPT_SECONDS)
        return Put(self.id, body, etag=self.etag, ttl=KEPT_SECONDS)

    def end(self) -> Delete:
        return Delete(self.id, etag=self.etag)
