"""Whoever a turn answers: looked up when something depends on it, once a turn."""

from shared.activity import ConversationReference
from shared.knowledge.access import Read
from shared.person import Person
from shared.ports.store import Store
from shared.records.signed_in import person_of


class Asker:
    """The person of one turn, and what they were given or refused of what is not for all."""

    def __init__(self, store: Store, reference: ConversationReference) -> None:
        self._store = store
        self._reference = reference
        self._known: list[Person | None] = []
        self.reads: list[Read] = []

    async def person(self) -> Person | None:
        """Nobody in a group: the others read along, and may be strangers.

        Raises Unavailable: who cannot be looked up is not taken for a stranger.
        """
        if self._reference.is_group and not self._reference.alone:
            return None
        if not self._known:
            self._known.append(await person_of(self._store, self._reference))
        return self._known[0]

    def note(self, read: Read) -> None:
        if read not in self.reads:
            self.reads.append(read)
