"""What died, to be looked at.

A letter is a `dead:` record of the store: an event that a skill could not handle, an effect
that could not be sent, or a body that was no event.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.operations.reports.period import Period
from shared.ports.store import every
from shared.records.dead_letter import PREFIX, DeadLetter
from shared.records.effect import Send

EVER = Period()


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter as an operator sees it, of its `record` in the store."""

    record: DeadLetter

    @property
    def id(self) -> str:
        """What names it within its conversation."""
        return self.record.id

    @property
    def conversation(self) -> str:
        return self.record.partition

    @property
    def queue(self) -> str:
        """Where it was on its way to; an effect that sends names its channel."""
        effect = self.record.effect
        return effect.reference.channel if isinstance(effect, Send) else self.record.queue

    @property
    def bot(self) -> str:
        return self.record.bot

    @property
    def reason(self) -> str:
        return self.record.reason

    @property
    def at(self) -> float:
        """The Unix time of death."""
        return self.record.at

    @property
    def _last_error(self) -> str:
        detail = self.record.detail
        parts = [detail] if detail.startswith(self.reason) else [self.reason, detail]
        return ": ".join(filter(None, parts))

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
        record, event = self.record, self.record.event or {}
        failures = record.effect.failures if record.effect else 0
        last = {"at": self.at, "error": self._last_error}
        return {
            "id": self.id,
            "conversation": self.conversation,
            "kind": record.kind,
            "bot": self.bot,
            "queue": self.queue,
            "reason": self.reason,
            "detail": record.detail,
            "attempts": record.attempts or failures + 1,
            "first_error": record.first or last,
            "last_error": last,
            "died": self.at,
            "began": record.began,
            "type": event.get("type", ""),
            "origin": record.origin,
            "trace": record.traceparent[3:35],
        }


async def letters(
    fabric: Fabric, *, bot: str = "", queue: str = "", reason: str = "", died: Period = EVER
) -> list[Letter]:
    """What is dead and not dismissed, by conversation, in each the oldest first."""
    found = [Letter(DeadLetter.from_item(item)) async for item in every(fabric.store, PREFIX)]
    chosen = [
        letter
        for letter in found
        if not letter.record.discarded
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
