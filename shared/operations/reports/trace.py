"""The spans of whatever an operator has in hand: a trace, an event, a message, a conversation."""

from pathlib import Path

from shared.activity import ConversationReference
from shared.event import event_id
from shared.fabric import Fabric
from shared.observability.exporters import FILE
from shared.observability.span_file import read_spans
from shared.observability.trace import Span
from shared.ports.store import every
from shared.records.conversation import DOCUMENT


async def spans_of(fabric: Fabric, wanted: str) -> list[Span]:
    """Find the spans of a trace id, an event's id, a conversation's key, or what a channel calls
    a message, a conversation or a person. In the order they began.
    """
    path = fabric.settings.data_dir / FILE
    return read_spans(path, wanted) or await _by_channel_id(fabric, path, wanted)


async def _by_channel_id(fabric: Fabric, path: Path, wanted: str) -> list[Span]:
    found: list[Span] = []
    async for item in every(fabric.store, DOCUMENT):
        reference = ConversationReference.from_dict(item.body["reference"])
        if wanted in (reference.conversation, reference.user):
            found += read_spans(path, item.partition)
        else:
            found += read_spans(path, event_id(item.partition, "message", wanted))
    return sorted(found, key=lambda span: span.started)
