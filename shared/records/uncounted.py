"""An entry of the ledger that no day has yet, where it is stored: by itself, or on a marker.

A turn writes its entry on its own `seen` marker, whose transcript says most of it already, and
makes that due. The roll-up, once the entry is counted, gives it a document of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from shared.migration import FIRST_VERSION
from shared.ports.store import Create, Item, Put
from shared.records.ledger_entry import PREFIX, LedgerEntry, entry_id
from shared.records.seen import DAY_SECONDS, MESSAGE, event_of
from shared.records.seen import PREFIX as SEEN

KINDS = (SEEN, PREFIX)
"""Prefixes of the ids of what may be uncounted when it is due."""

USED = "used"
"""What of an entry its transcript does not say; absent when that says it all."""

_USUAL_LANGUAGE = "en"
_UNUSED: Mapping[str, Any] = {"request_units": 0.0, "calls": [], "backends": []}


@dataclass(frozen=True, slots=True)
class Uncounted:
    """An entry, and the item that holds it."""

    entry: LedgerEntry
    item: Item

    @classmethod
    def of(cls, item: Item) -> Self:
        if item.id.startswith(PREFIX):
            return cls(LedgerEntry.from_item(item), item)
        used = item.body.get(USED, {})
        body, done = _said(item.partition, item.body)
        body |= {**used, "done": done | used.get("done", {})}
        return cls(LedgerEntry.from_body(item, entry_id(event_of(item)), body), item)

    @property
    def place(self) -> tuple[str, str]:
        return self.item.partition, self.item.id

    def counted(self, now: float, transcript_days: int) -> list[Put]:
        """The writes that take it off the list of what is to be counted; all lives stay."""
        if self.item.id == self.entry.id:
            return [self.entry.counted(now)]
        left = transcript_days * DAY_SECONDS - max(0.0, now - self.entry.at)
        body = {name: value for name, value in self.item.body.items() if name != USED}
        marker = Put(self.item.id, body, etag=self.item.etag, ttl=max(60, round(left)))
        return [marker, replace(self.entry, etag="").counted(now)]


def marked(marker: Create, conversation: str, entry: LedgerEntry) -> Create:
    """Return the marker of a turn, which has its transcript, with its entry: to be counted."""
    said, done_said = _said(conversation, marker.body)
    body = entry.to_body()
    done = {"language": ""} | body.pop("done", {})
    used = {name: value for name, value in body.items() if said.get(name) != value}
    if more := {name: value for name, value in done.items() if done_said.get(name) != value}:
        used["done"] = more
    told = marker.body | {USED: used} if used else marker.body
    return Create(marker.id, told, due=int(entry.at), ttl=marker.ttl)


def _said(
    conversation: str, transcript: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a transcript says of the entry of its turn, and of what the turn did."""
    body = {
        **_UNUSED,
        "bot": conversation.partition(".")[0],
        "skill": transcript["skill"],
        "version": transcript.get("version", FIRST_VERSION),
        "at": transcript["at"],
        "seconds": transcript["seconds"],
    }
    done = {
        "type": transcript.get("type", MESSAGE),
        "person": transcript["person"],
        "replies": len(transcript["replies"]),
        "waited": transcript["waited"],
        "handed_to": transcript.get("handed_to", ""),
        "language": _USUAL_LANGUAGE,
    }
    return body, done
