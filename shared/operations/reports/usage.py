"""Which bots are used, by how many people, where, and how fast they answer."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from shared.fabric import Fabric
from shared.operations.reports.figures import percentile
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope, TurnRecord, turns
from shared.ports.store import every
from shared.records import dead_letter
from shared.records.dead_letter import DeadLetter

PERSON_SKILL = "handoff"
"""The skill that brings a person in: a conversation that met it was not contained."""


@dataclass(frozen=True, slots=True)
class BotUsage:
    """`contained`: conversations that no person was brought into. Latencies in seconds.

    `answered_p95` runs from what the person wrote to the end of the turn that answered.
    """

    bot: str
    department: str
    conversations: int
    people: int
    turns: int
    messages: int
    replies: int
    contained: int
    handed_over: int
    turn_p50: float
    turn_p95: float
    answered_p95: float
    dead: int
    channels: dict[str, int]
    skills: dict[str, int]
    days: dict[str, int]


@dataclass(frozen=True, slots=True)
class Usage:
    """The most used bot first; `totals` over all of them."""

    bots: list[BotUsage]
    totals: dict[str, int]


@dataclass(slots=True)
class _Count:
    conversations: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    handed: set[str] = field(default_factory=set)
    turns: int = 0
    messages: int = 0
    replies: int = 0
    dead: int = 0
    seconds: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    channels: Counter[str] = field(default_factory=Counter)
    skills: Counter[str] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)

    def add(self, turn: TurnRecord) -> None:
        self.turns += 1
        self.messages += turn.is_message and not turn.handed_to
        self.replies += turn.replies
        self.conversations.add(turn.conversation)
        self.people.add(turn.person or turn.conversation)
        self.seconds.append(turn.seconds)
        if turn.is_message and turn.replies:
            self.answered.append(turn.waited + turn.seconds)
        if turn.skill == PERSON_SKILL and turn.replies:
            self.handed.add(turn.conversation)
        self.channels[turn.channel] += 1
        self.skills[turn.skill] += 1
        self.days[turn.day] += 1


async def usage(fabric: Fabric, scope: Scope, period: Period) -> Usage:
    """Count every bot of the scope, those that nobody used with zeros."""
    counts: defaultdict[str, _Count] = defaultdict(_Count)
    async for turn in turns(fabric, scope, period):
        counts[turn.bot].add(turn)
    async for item in every(fabric.store, dead_letter.PREFIX):
        name = item.partition.partition(".")[0]
        if DeadLetter.from_item(item).at in period and scope.takes(name, fabric.bots.get(name)):
            counts[name].dead += 1
    for bot in fabric.bots.values():
        if scope.takes(bot.id, bot):
            counts.setdefault(bot.id, _Count())
    rows = [_row(fabric, bot, count) for bot, count in counts.items()]
    rows.sort(key=lambda row: (-row.turns, row.bot))
    names = ("conversations", "people", "turns", "messages", "replies", "handed_over", "dead")
    return Usage(rows, {name: sum(getattr(row, name) for row in rows) for name in names})


def _row(fabric: Fabric, bot: str, count: _Count) -> BotUsage:
    manifest = fabric.bots.get(bot)
    return BotUsage(
        bot=bot,
        department=manifest.department if manifest else "",
        conversations=len(count.conversations),
        people=len(count.people),
        turns=count.turns,
        messages=count.messages,
        replies=count.replies,
        contained=len(count.conversations - count.handed),
        handed_over=len(count.handed),
        turn_p50=percentile(count.seconds, 0.5),
        turn_p95=percentile(count.seconds, 0.95),
        answered_p95=round(percentile(count.answered, 0.95), 3),
        dead=count.dead,
        channels=dict(count.channels),
        skills=dict(count.skills),
        days=dict(sorted(count.days.items())),
    )
