"""The spans of what an operator has in hand: a trace, an event, a message, a person, a ticket."""

from collections.abc import Collection

from shared.activity import ConversationReference
from shared.errors import ConfigurationError
from shared.event import event_id
from shared.fabric import Fabric
from shared.observability.exporters import FOLDER
from shared.observability.span_files import read_spans, sizes
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


class Followed:
    """What comes to the traces of an id; the files are read again only when they have grown."""

    def __init__(self, fabric: Fabric, wanted: str) -> None:
        self._fabric, self._wanted = fabric, wanted
        self._read: dict[str, int] | None = None
        self._seen: set[str] = set()

    async def news(self) -> list[tuple[list[Span], list[Span]]]:
        """Return each trace that has new spans, whole, and those that are new.

        Raises ConfigurationError for no id.
        """
        grown = sizes(self._fabric.settings.data_dir / FOLDER)
        if grown == self._read:
            return []
        traces: dict[str, list[Span]] = {}
        for span in await spans_of(self._fabric, self._wanted):
            traces.setdefault(span.trace_id, []).append(span)
        found = []
        for members in traces.values():
            if fresh := [span for span in members if span.span_id not in self._seen]:
                self._seen.update(span.span_id for span in fresh)
                found.append((members, fresh))
        self._read = grown
        return found


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
