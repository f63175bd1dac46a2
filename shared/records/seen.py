"""What is remembered of an event that was handled: a marker that can be made once, and the words.

The marker lives as long as copies may come. What was said in the turn is in it, unless the bot
keeps transcripts for less.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from shared.event import Event
from shared.ports.store import Create, Item, Store, every
from shared.records.conversation import REMEMBERED

PREFIX = "seen:"
MESSAGE = "message"
"""The type of an activity that a transcript does not name."""

WORDS = ".words"
"""Ends the id of the words that are kept for less than their marker."""

DAY_SECONDS = 86_400


def seen_id(event: str) -> str:
    """Return the id of the marker that the event with this id was handled."""
    return f"{PREFIX}{event}"


def seen(event: Event) -> Create:
    """The marker of an event whose handling said nothing.

    It names the number of what was accepted, by which a copy is told from a later delivery.
    """
    number = {"number": event.number} if event.number else {}
    return Create(seen_id(event.id), number, ttl=REMEMBERED)


def seen_with(
    event: Event, answers: dict[str, Any], transcript: dict[str, Any], *, days: int
) -> Sequence[Create]:
    """The marker with what was answered at once, and what was said, which is kept for `days`."""
    marker, seconds = seen(event), days * DAY_SECONDS
    body = marker.body | answers
    if seconds >= REMEMBERED:
        return [Create(marker.id, body | transcript, ttl=seconds)]
    return [
        Create(marker.id, body, ttl=REMEMBERED),
        Create(f"{marker.id}{WORDS}", transcript, ttl=seconds),
    ]


def has_words(body: dict[str, Any]) -> bool:
    """Tell whether a marker holds more than that its event was handled."""
    return bool(set(body) - {"number"})


def is_transcript(item: Item) -> bool:
    """Tell whether an item holds what was said in a turn."""
    return item.id.startswith(PREFIX) and "text" in item.body


def event_of(item: Item) -> str:
    """Return the id of the event that a transcript is of."""
    return item.id.removeprefix(PREFIX).removesuffix(WORDS)


async def transcript_of(store: Store, partition: str, event: str) -> Item | None:
    """Return what was said in the turn of an event, None when that is not kept any more."""
    for id in (seen_id(event), f"{seen_id(event)}{WORDS}"):
        item = await store.get(partition, id)
        if item is not None and is_transcript(item):
            return item
    return None


async def transcripts(store: Store, partition: str | None = None) -> AsyncIterator[Item]:
    """Walk what was said, of one conversation or of all, each in the order of its turns."""
    current = list[Item]()
    async for item in every(store, PREFIX, partition):
        if not is_transcript(item):
            continue
        if current and current[0].partition != item.partition:
            for turn in _in_order(current):
                yield turn
            current = []
        current.append(item)
    for turn in _in_order(current):
        yield turn


def _in_order(items: Sequence[Item]) -> Sequence[Item]:
    return sorted(items, key=lambda item: (item.body["at"], item.id))
