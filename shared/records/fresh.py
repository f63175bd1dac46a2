"""Conversations as this process saw them last: it spares a look at the store.

What is asked for by its etag is exactly what is stored, as long as that etag is the newest one.
"""

from collections import OrderedDict

from shared import wire
from shared.ports.store import Create, Item, Put
from shared.records.conversation import DOCUMENT

MOST_CONVERSATIONS = 1_000
MOST_CHARACTERS = 20_000
"""Conversations that a process keeps, those that it saw last, and how large each may be."""


class Fresh:
    """The newest document of each conversation that this process has read or written."""

    def __init__(self) -> None:
        self._documents: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def keep(self, item: Item) -> None:
        """Remember a conversation's document, as text: nobody shares it with anybody."""
        if self._documents.get(item.partition, ("", ""))[0] == item.etag:
            self._documents.move_to_end(item.partition)
            return
        body = wire.dumps(item.body)
        self._documents.pop(item.partition, None)
        if len(body) <= MOST_CHARACTERS:
            self._documents[item.partition] = item.etag, body
        if len(self._documents) > MOST_CONVERSATIONS:
            self._documents.popitem(last=False)

    def keep_written(self, key: str, op: Create | Put, etag: str) -> None:
        """Remember what this process wrote; it is forgotten when the store gave no etag."""
        if etag:
            self.keep(Item(key, DOCUMENT, op.body, etag))
        else:
            self._documents.pop(key, None)

    def as_of(self, key: str, etag: str) -> Item | None:
        """Return the document if it is the one with this etag, else None."""
        known, body = self._documents.get(key, ("", ""))
        if not etag or known != etag:
            return None
        self._documents.move_to_end(key)
        return Item(key, DOCUMENT, wire.loads(body), etag)
