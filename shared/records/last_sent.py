"""What this process knows to be out of the outbox: it spares a look at the store."""

from collections import OrderedDict

MOST_CONVERSATIONS = 10_000
"""Conversations that a process remembers, those that it sent in last."""


class LastSent:
    """The newest message of each conversation that this process has seen leave its outbox.

    What has left never comes back under its number, whatever other processes do.
    """

    def __init__(self) -> None:
        self._places: OrderedDict[str, str] = OrderedDict()

    def note(self, key: str, place: str) -> None:
        """Remember that the item `place` has left the outbox of the conversation."""
        self._places[key] = max(place, self._places.get(key, ""))
        self._places.move_to_end(key)
        if len(self._places) > MOST_CONVERSATIONS:
            self._places.popitem(last=False)

    def knows(self, key: str, place: str) -> bool:
        """Tell whether the message `place`, and so all before it, is known to have left."""
        return place <= self._places.get(key, "")
