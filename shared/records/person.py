"""What marks an item as one of a person's, however deep the person is named in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.activity import ConversationReference
from shared.event import event_id
from shared.records import signed_in

FOUND_WITHIN = 8
"""An id of at least so many characters is looked for within texts; a shorter one as a whole."""


def mark_of(user: str) -> str:
    """Return what stands for a channel's id of a person where the id itself must not."""
    return event_id(user)[:12]


@dataclass(frozen=True, slots=True)
class Marks:
    """`exact` and `within` name the person; `partitions` are theirs alone."""

    exact: frozenset[str]
    within: frozenset[str]
    partitions: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        id: str,
        references: list[ConversationReference],
        linked: Sequence[ConversationReference] = (),
    ) -> "Marks":
        """Take an id of a person, the conversations that they have or had alone, and where they
        signed in: there they may go by another id.
        """
        partitions, followers = set[str](), set[str]()
        others = {reference.user for reference in linked if reference.verified}
        for reference in [*references, *linked]:
            who = reference.user or reference.conversation
            person = event_id(reference.channel, reference.tenant, who)
            partitions.add(f"quota:{reference.bot}.{person}")
            partitions |= {signed_in.partition_of(reference)} - {""}
            if not reference.is_group or reference.alone == id:
                partitions |= {reference.key, f"web:{reference.conversation}"}
                followers.add(f"follower:{reference.key}")
        marks = {mark_of(other) for other in others}
        exact = frozenset({id, mark_of(id), *followers, *others, *marks})
        within = frozenset({id} if len(id) >= FOUND_WITHIN else ())
        return cls(exact, within, frozenset(partitions))

    def own(self, partition: str, id: str, body: dict[str, Any]) -> bool:
        """Whether an item is the person's, or names them."""
        return partition in self.partitions or any(
            text in self.exact or any(name in text for name in self.within)
            for text in (partition, id, *texts(body))
        )


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, names of members included."""
    match value:
        case str():
            yield value
        case dict():
            for name, item in value.items():
                yield name
                yield from texts(item)
        case list():
            for item in value:
                yield from texts(item)
