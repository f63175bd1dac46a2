"""What died, to be looked at.

A letter is a `dead:` record of the store: an event that a skill could not handle, an effect
that could not be sent, or a body that was no event.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.errors import PermanentError
from shared.event import Event
from shared.fabric import Fabric
from shared.operations.reports.period import Period
from shared.ports.store import Item, every

EVER = Period()

EVENT, BODY = "event", "body"
"""Kinds of letters; the others are those of effects: send, queue, publish."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `at` is the Unix time of death, `id` names it within its conversation."""

    item: Item

    @property
    def id(self) -> str:
        return self.item.id.removeprefix("dead:")

    @property
    def conversation(self) -> str:
        return self.item.partition

    @property
    def kind(self) -> str:
        return str(self.item.body["kind"])

    @property
    def queue(self) -> str:
        """Where it was on its way to; an effect that sends names its channel."""
        return str(self.item.body.get("queue") or self._reference.get("channel") or "")

    @property
    def bot(self) -> str:
        return str(self._event.get("bot") or self._reference.get("bot") or "")

    @property
    def reason(self) -> str:
        return str(self.item.body["reason"])

    @property
    def at(self) -> float:
        return float(self.item.body["at"])

    @property
    def _last_error(self) -> str:
        detail = str(self.item.body.get("detail", ""))
        parts = [detail] if detail.startswith(self.reason) else [self.reason, detail]
        return ": ".join(filter(None, parts))

    @property
    def _event(self) -> dict[str, Any]:
        return self.item.body.get("event") or {}

    @property
    def _reference(self) -> dict[str, Any]:
        return self.item.body.get("reference") or {}

    def summary(self) -> dict[str, Any]:
        """One row of a list."""
        return {
            "id": self.id,
            "died": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="seconds"),
            "bot": self.bot,
            "queue": self.queue,
            "reason": self.reason,
            "conversation": self.conversation,
        }

    def explain(self) -> dict[str, Any]:
        """All that an operator needs, and nothing that was said. Times are Unix times."""
        body = self.item.body
        last = {"at": self.at, "error": self._last_error}
        return {
            "id": self.id,
            "conversation": self.conversation,
            "kind": self.kind,
            "bot": self.bot,
            "queue": self.queue,
            "reason": self.reason,
            "detail": body.get("detail", ""),
            "attempts": body.get("attempts") or body.get("failures", 0) + 1,
            "first_error": body.get("first") or last,
            "last_error": last,
            "died": self.at,
            "began": Event.from_dict(self._event).began() if self._event else body.get("made"),
            "type": self._event.get("type", ""),
            "origin": body.get("origin", ""),
            "trace": str(body.get("trace") or self._event.get("traceparent", ""))[3:35],
        }


async def letters(
    fabric: Fabric, *, bot: str = "", queue: str = "", reason: str = "", died: Period = EVER
) -> list[Letter]:
    """What is dead and not dismissed, by conversation, in each the oldest first."""
    found = [Letter(item) async for item in every(fabric.store, "dead:")]
    chosen = [
        letter
        for letter in found
        if not letter.item.body.get("discarded")
        and bot in ("", letter.bot)
        and queue in ("", letter.queue)
        and reason in ("", letter.reason)
        and letter.at in died
    ]
    return sorted(chosen, key=lambda letter: (letter.conversation, letter.at))


def named(found: Sequence[Letter], ids: Collection[str]) -> list[Letter]:
    """Those of these ids, in the order of the list. Raises PermanentError unless all are there."""
    if unknown := set(ids) - {letter.id for letter in found}:
        raise PermanentError("no_such_letter", ", ".join(sorted(unknown)))
    return [letter for letter in found if letter.id in ids]
