"""A bot's day: its figures, and who was there; kept when the bot and what was said are gone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, NamedTuple, Self

from shared.ports.store import Create, Item, Put
from shared.records.figures import Figures
from shared.records.ledger_entry import LedgerEntry, Outcome

DAILY, PRESENT = "daily:", "present:"
"""Kinds of documents in the partition of a bot."""

FIGURES_SECONDS = 1200 * 86_400
"""Three years and a quarter: nobody is named in them."""

PRESENT_SECONDS = 400 * 86_400

MAX_PRESENT = 10_000
"""Conversations, and people, of one document; a day that has more has several."""

TALKED, HANDED, UNANSWERED, LIKED, DISLIKED = 1, 2, 4, 8, 16
"""What happened in a conversation, as a sum; 0 of one in which only deliveries failed."""

PERSON_SKILL = "handoff"
"""The skill that brings a person in: a conversation that met it was not contained."""

NOT_ANSWERED = "unanswered"
"""Noted by who had no answer for a person."""

PARTITION_PREFIX = "use."


def partition_of(bot: str) -> str:
    return f"{PARTITION_PREFIX}{bot}"


class Unanswered(NamedTuple):
    """A message that had no answer, by its event; `at` in Unix time."""

    conversation: str
    event: str
    at: float


@dataclass(slots=True)
class Present:
    """Conversations by key with what happened in them, people by mark, and what had no answer."""

    conversations: dict[str, int] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    unanswered: list[Unanswered] = field(default_factory=list)
    etag: str = ""

    def add(self, other: "Present") -> None:
        for key, happened in other.conversations.items():
            self.conversations[key] = self.conversations.get(key, 0) | happened
        self.people |= other.people
        self.unanswered += other.unanswered

    def meet(self, entry: LedgerEntry) -> None:
        """Take note of where an entry is, and of who was in its turn, if it had one."""
        done = entry.done
        if entry.outcome is not Outcome.DONE or done is None:
            self.conversations.setdefault(entry.partition, 0)
            return
        happened = TALKED
        if entry.skill == PERSON_SKILL and done.replies:
            happened |= HANDED
        if done.noted.get(NOT_ANSWERED):
            happened |= UNANSWERED
            self.unanswered.append(Unanswered(entry.partition, entry.event, entry.at))
        happened |= LIKED if done.noted.get("liked") else 0
        happened |= DISLIKED if done.noted.get("disliked") else 0
        self.conversations[entry.partition] = self.conversations.get(entry.partition, 0) | happened
        self.people.add(done.person or entry.partition)

    def without(self, marks: set[str]) -> bool:
        """Put names that are nobody's in the place of these. Return True if there were any."""
        gone = [key for key in self.conversations if key in marks]
        for key in gone:
            self.conversations[f"gone.{token_hex(8)}"] = self.conversations.pop(key)
        people = self.people & marks
        self.people = (self.people - marks) | {token_hex(6) for _ in people}
        kept = [one for one in self.unanswered if one.conversation not in marks]
        changed = bool(gone or people or len(kept) != len(self.unanswered))
        self.unanswered = kept
        return changed

    @classmethod
    def from_body(cls, body: dict[str, Any], etag: str = "") -> Self:
        people = set(body["people"])
        unanswered = [Unanswered(*one) for one in body["unanswered"]]
        return cls(dict(body["conversations"]), people, unanswered, etag)

    def to_body(self) -> dict[str, Any]:
        return {
            "conversations": self.conversations,
            "people": sorted(self.people),
            "unanswered": self.unanswered,
        }

    def had(self, what: int) -> int:
        """Return in how many conversations it happened."""
        return sum(1 for happened in self.conversations.values() if happened & what)

    def solved(self, unless: int) -> int:
        """Return in how many conversations something was said, and none of these happened."""
        return sum(
            1
            for happened in self.conversations.values()
            if happened & TALKED and not happened & unless
        )

    @property
    def is_full(self) -> bool:
        return max(len(self.conversations), len(self.people)) >= MAX_PRESENT


@dataclass(slots=True, kw_only=True)
class BotDay:
    """`batch` is the last that was added; `parts` how many documents say who was there.

    `department` and `cost_center` are those of the day, also when the bot is gone.
    """

    bot: str
    day: str
    department: str = ""
    cost_center: str = ""
    batch: int = 0
    parts: int = 1
    figures: Figures = field(default_factory=Figures)
    etag: str = ""

    @classmethod
    def from_item(cls, item: Item) -> Self:
        body = item.body
        return cls(
            bot=item.partition.removeprefix(PARTITION_PREFIX),
            day=item.id.removeprefix(DAILY),
            department=body["department"],
            cost_center=body["cost_center"],
            batch=body["batch"],
            parts=body["parts"],
            figures=Figures.from_body(body["figures"]),
            etag=item.etag,
        )

    @property
    def partition(self) -> str:
        return partition_of(self.bot)

    @property
    def id(self) -> str:
        return f"{DAILY}{self.day}"

    def to_op(self) -> Create | Put:
        """The write that keeps it, guarded by the etag it was read with."""
        body = {
            "department": self.department,
            "cost_center": self.cost_center,
            "batch": self.batch,
            "parts": self.parts,
            "figures": self.figures.to_body(),
        }
        if not self.etag:
            return Create(self.id, body, ttl=FIGURES_SECONDS)
        return Put(self.id, body, etag=self.etag, ttl=FIGURES_SECONDS)


def present_id(day: str, part: int) -> str:
    return f"{PRESENT}{day}.{part:04d}"


def present_op(day: str, part: int, present: Present) -> Create | Put:
    """The write that keeps it, guarded by the etag it was read with."""
    id, body = present_id(day, part), present.to_body()
    if not present.etag:
        return Create(id, body, ttl=PRESENT_SECONDS)
    return Put(id, body, etag=present.etag, ttl=PRESENT_SECONDS)


def spread(parts: list[Present], more: Present) -> set[int]:
    """Add who was there to the parts of a day, each once. Return the numbers of those changed."""
    changed = set[int]()
    at = {key: number for number, part in enumerate(parts) for key in part.conversations}
    seen = set[str]().union(*(part.people for part in parts))
    last = len(parts) - 1
    for key, happened in more.conversations.items():
        number = at.get(key, last)
        before = parts[number].conversations.get(key)
        if before is None or before | happened != before:
            parts[number].conversations[key] = (before or 0) | happened
            changed.add(number)
    if fresh := more.people - seen:
        parts[last].people |= fresh
        changed.add(last)
    if more.unanswered:
        parts[last].unanswered += more.unanswered
        changed.add(last)
    if parts[last].is_full:
        parts.append(Present())
        changed.add(last + 1)
    return changed


def totals(counter: Mapping[str, int], place: int = 0) -> Counter[str]:
    """Sum a counter by one part of its names."""
    found: Counter[str] = Counter()
    for name, number in counter.items():
        found[name.split("\t")[place]] += number
    return found
