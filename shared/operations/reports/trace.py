"""The spans of what an operator has in hand: a trace, an event, a message, a person, a ticket."""

from pathlib import Path

from shared.activity import ConversationReference
from shared.errors import ConfigurationError
from shared.event import event_id
from shared.fabric import Fabric
from shared.observability.exporters import FILE
from shared.observability.span_file import read_spans
from shared.observability.trace import Span
from shared.ports.store import every
from shared.records.conversation import DOCUMENT
from shared.records.receipt import sent_id


async def spans_of(fabric: Fabric, wanted: str) -> list[Span]:
    """Find the spans of a trace id, an event's id, a conversation's key, the number of a ticket, or
    what a channel calls a message (in or out), a conversation or a person. In the order they began.

    Raises ConfigurationError for nothing: that would be everything.
    """
    if not wanted.strip():
        raise ConfigurationError("write the id of a conversation, a trace, a message or a ticket")
    path = fabric.settings.data_dir / FILE
    return (
        read_spans(path, wanted)
        or await _by_channel_id(fabric, path, wanted)
        or await _of_what_was_sent(fabric, path, wanted)
        or await _of_followers(fabric, path, wanted)
    )


async def _of_what_was_sent(fabric: Fabric, path: Path, wanted: str) -> list[Span]:
    """The turn that said an outbound message, by the channel's id for that."""
    async for item in every(fabric.store, sent_id(wanted)):
        effect = str(item.body.get("effect", ""))
        return read_spans(path, effect.rpartition(".")[0])
    return []


async def _of_followers(fabric: Fabric, path: Path, wanted: str) -> list[Span]:
    """The conversations that told of a ticket, or of whatever else has that number."""
    place = f"subject:{event_id(wanted)}"
    found: list[Span] = []
    async for item in every(fabric.store, "follower:", place):
        found += read_spans(path, item.id.removeprefix("follower:"))
    return sorted(found, key=lambda span: span.started)


async def _by_channel_id(fabric: Fabric, path: Path, wanted: str) -> list[Span]:
    found: list[Span] = []
    async for item in every(fabric.store, DOCUMENT):
        reference = ConversationReference.from_dict(item.body["reference"])
        if wanted in (reference.conversation, reference.user):
            found += read_spans(path, item.partition)
        else:
            found += read_spans(path, event_id(item.partition, "message", wanted))
    return sorted(found, key=lambda span: span.started)
