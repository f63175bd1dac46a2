"""The spans of what an operator has in hand: a trace, an event, a message, a person, a ticket."""

from collections.abc import Collection

from shared.activity import ConversationReference
from shared.errors import ConfigurationError
from shared.event import event_id
from shared.fabric import Fabric
from shared.observability.exporters import FOLDER
from shared.observability.span_files import read_spans
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
    folder = fabric.settings.data_dir / FOLDER
    return (
        read_spans(folder, {wanted})
        or read_spans(folder, await _by_channel_id(fabric, wanted))
        or read_spans(folder, await _of_what_was_sent(fabric, wanted))
        or read_spans(folder, await _of_followers(fabric, wanted))
    )


async def _of_what_was_sent(fabric: Fabric, wanted: str) -> Collection[str]:
    """The turn that said an outbound message, by the channel's id for that."""
    async for item in every(fabric.store, sent_id(wanted)):
        effect = str(item.body.get("effect", ""))
        return {effect.rpartition(".")[0]}
    return ()


async def _of_followers(fabric: Fabric, wanted: str) -> Collection[str]:
    """The conversations that told of a ticket, or of whatever else has that number."""
    place = f"subject:{event_id(wanted)}"
    return {
        item.id.removeprefix("follower:") async for item in every(fabric.store, "follower:", place)
    }


async def _by_channel_id(fabric: Fabric, wanted: str) -> Collection[str]:
    """The conversations of that id or person; in the others, the message of that id."""
    found: set[str] = set()
    async for item in every(fabric.store, DOCUMENT):
        reference = ConversationReference.from_dict(item.body["reference"])
        if wanted in (reference.conversation, reference.user):
            found.add(item.partition)
        else:
            found.add(event_id(item.partition, "message", wanted))
    return found
