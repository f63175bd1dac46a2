"""Which bots are used, by how many people, where, and how fast they answer."""

from dataclasses import dataclass

from shared.bot import Value
from shared.fabric import Fabric
from shared.operations.reports.days import Sum, by_bot, used
from shared.operations.reports.funnel import Funnel, funnels
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.records.daily import DISLIKED, HANDED, NOT_ANSWERED, TALKED, UNANSWERED, totals
from shared.records.figures import percentile
from shared.records.ledger_entry import Outcome


@dataclass(frozen=True, slots=True)
class BotUsage:
    """`contained`: conversations that were solved without a person, which is all but those in which
    something of `solved_unless` happened, by the bot's manifest; `containment` is their share.
    Latencies in seconds.

    `answered_p95` runs from what the person wrote to the end of the turn that answered.
    `failed` are deliveries that ended in an error, `dead` those that nobody tries again.
    """

    bot: str
    department: str
    conversations: int
    people: int
    turns: int
    messages: int
    replies: int
    contained: int
    containment: float
    solved_unless: list[str]
    handed_over: int
    unanswered: int
    liked: int
    disliked: int
    turn_p50: float
    turn_p95: float
    answered_p50: float
    answered_p95: float
    failed: int
    dead: int
    channels: dict[str, int]
    languages: dict[str, int]
    skills: dict[str, int]
    days: dict[str, int]
    forms: list[Funnel]


@dataclass(frozen=True, slots=True)
class Usage:
    """The most used bot first; `totals` over all of them."""

    bots: list[BotUsage]
    totals: dict[str, int]


async def usage(fabric: Fabric, scope: Scope, period: Period) -> Usage:
    """Count every bot of the scope, those that nobody used with zeros."""
    sums = dict(by_bot(await used(fabric, scope, period, present=True)))
    for bot in fabric.bots.values():
        if scope.takes(bot.id, bot):
            sums.setdefault(bot.id, Sum(department=bot.department))
    rows = [_row(bot, one, _rule(fabric, bot)) for bot, one in sums.items()]
    rows.sort(key=lambda row: (-row.turns, row.bot))
    names = (
        *("conversations", "people", "turns", "messages", "replies", "contained", "handed_over"),
        *("unanswered", "liked", "disliked", "failed", "dead"),
    )
    return Usage(rows, {name: sum(getattr(row, name) for row in rows) for name in names})


_HAPPENED = {"person": HANDED, "unanswered": UNANSWERED, "disliked": DISLIKED}


def _rule(fabric: Fabric, bot: str) -> list[str]:
    """What makes a conversation unsolved; of a bot that is gone, what is usual."""
    manifest = fabric.bots.get(bot)
    return [*(manifest.value if manifest else Value()).solved_unless]


def _row(bot: str, one: Sum, rule: list[str]) -> BotUsage:
    figures, present = one.tally.figures, one.tally.present
    talked, handed = present.had(TALKED), present.had(HANDED)
    contained = present.solved(sum({_HAPPENED[what] for what in rule}))
    took, answered = figures.took.items(), figures.answered.items()
    return BotUsage(
        bot=bot,
        department=one.department,
        conversations=talked,
        people=len(present.people),
        turns=sum(figures.turns.values()),
        messages=sum(figures.messages.values()),
        replies=sum(figures.replies.values()),
        contained=contained,
        containment=round(contained / talked, 4) if talked else 0.0,
        solved_unless=rule,
        handed_over=handed,
        liked=figures.noted.get("liked", 0),
        disliked=figures.noted.get("disliked", 0),
        unanswered=figures.noted.get(NOT_ANSWERED, 0),
        turn_p50=percentile(took, 0.5),
        turn_p95=percentile(took, 0.95),
        answered_p50=percentile(answered, 0.5),
        answered_p95=percentile(answered, 0.95),
        failed=figures.outcomes.get(Outcome.FAILED, 0),
        dead=figures.outcomes.get(Outcome.DEAD, 0),
        channels=dict(totals(figures.turns, 1)),
        languages=dict(figures.languages),
        skills=dict(totals(figures.turns, 0)),
        days=dict(sorted(one.turns_by_day.items())),
        forms=funnels(figures.noted),
    )
