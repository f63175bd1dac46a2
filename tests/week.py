"""A week of made-up turns whose truth is known: entries of the ledger, and plain sums of them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random

from shared.activity import ConversationReference
from shared.event import event_id
from shared.observability.meter import BackendCall, ModelCall
from shared.ports.models import Usage
from shared.ports.store import Create, Put, Store
from shared.records.ledger_entry import Done, LedgerEntry, Outcome
from shared.records.seen import seen_id
from shared.records.uncounted import marked

MONDAY = datetime(2026, 11, 16, tzinfo=UTC).timestamp()
DAY = 86_400
BOTS = ("hr", "it", "sales")
CHANNELS = ("teams", "web", "whatsapp")
SKILLS = ("router", "knowledge", "tickets", "handoff")


@dataclass
class Truth:
    """What happened at one bot, counted without any of the code that is tested."""

    turns: int = 0
    replies: int = 0
    failed: int = 0
    dead: int = 0
    unanswered: int = 0
    tokens: int = 0
    executions: int = 0
    milliseconds: int = 0
    conversations: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    handed: set[str] = field(default_factory=set)
    took: list[int] = field(default_factory=list)
    crm: list[int] = field(default_factory=list)
    days: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    def add(self, entry: LedgerEntry) -> None:
        milliseconds = round(entry.seconds * 1000)
        self.executions += 1
        self.milliseconds += milliseconds
        self.tokens += sum(call.usage.input_tokens for call in entry.model_calls)
        self.crm += [round(call.seconds * 1000) for call in entry.backend_calls]
        self.failed += entry.outcome is Outcome.FAILED
        self.dead += entry.outcome is Outcome.DEAD
        if entry.done is None:
            return
        self.turns += 1
        self.replies += entry.done.replies
        self.unanswered += entry.done.noted.get("unanswered", 0)
        self.conversations.add(entry.partition)
        self.people.add(entry.done.person)
        self.took.append(milliseconds)
        self.days[datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d")] += 1
        self.languages[entry.done.language] += 1
        if entry.skill == "handoff" and entry.done.replies:
            self.handed.add(entry.partition)


def nearest_rank(values: Sequence[int], share: float) -> float:
    """The percentile in seconds as the textbook has it."""
    ordered = sorted(values)
    return ordered[-int(-share * len(ordered) // 1) - 1] / 1000


def week(
    seed: int, turns: int, *, bots: Sequence[str] = BOTS, days: int = 7, begin: float = MONDAY
) -> list[LedgerEntry]:
    """So many deliveries in so many days, in the order in which they were written."""
    random = Random(seed)
    return [
        _entry(random, number, random.choice(bots), begin + random.random() * days * DAY)
        for number in range(turns)
    ]


def truth(entries: Sequence[LedgerEntry]) -> dict[str, Truth]:
    found: defaultdict[str, Truth] = defaultdict(Truth)
    for entry in entries:
        found[entry.bot].add(entry)
    return dict(found)


async def write(store: Store, entries: Sequence[LedgerEntry]) -> None:
    """As the turns wrote them: one that comes twice replaces itself."""
    by_partition: defaultdict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        by_partition[entry.partition].append(entry)
    for partition, some in by_partition.items():
        for start in range(0, len(some), 90):
            ops = [as_written(entry) for entry in some[start : start + 90]]
            await store.write(partition, *ops, durable=False)


def as_written(entry: LedgerEntry) -> Put:
    """A turn's is on its marker, beside what was said; a delivery that failed has its own."""
    if entry.done is None:
        return entry.put()
    transcript = {
        "at": entry.at,
        "seconds": entry.seconds,
        "waited": entry.done.waited,
        "person": entry.done.person,
        "skill": entry.skill,
        "text": "Where do I find the form for my travel to Vienna?",
        "replies": ["It is on the pages of the travel office."] * entry.done.replies,
    }
    marker = marked(Create(seen_id(entry.event), transcript), entry.partition, entry)
    return Put(marker.id, marker.body, due=marker.due)


def _entry(random: Random, number: int, bot: str, at: float) -> LedgerEntry:
    person = f"person {random.randrange(40)}"
    channel = random.choice(CHANNELS)
    reference = ConversationReference(bot, channel, f"{person} {random.randrange(3)}", user=person)
    entry = LedgerEntry(
        id=f"ledger:{event_id('turn', str(number))}",
        bot=bot,
        skill=random.choice(SKILLS),
        at=round(at, 3),
        seconds=random.randrange(1, 900) / 1000,
        partition=reference.key,
    )
    if random.random() < 0.3:
        call = ModelCall("default", "gpt", "chat", Usage(random.randrange(1, 900), 5), seconds=0.4)
        entry = replace(entry, model_calls=[call])
    if random.random() < 0.2:
        crm = BackendCall("crm", "GET /orders", "ok", random.randrange(1, 900) / 1000, 1)
        entry = replace(entry, backend_calls=[crm])
    if random.random() < 0.06:
        return replace(entry, outcome=random.choice((Outcome.FAILED, Outcome.DEAD)))
    done = Done(
        type="message",
        person=event_id(person)[:12],
        replies=random.randrange(3),
        language=random.choice(("en", "de")),
        noted={"unanswered": 1} if random.random() < 0.1 else {},
    )
    return replace(entry, done=done)
